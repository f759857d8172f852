/**
 * Servers that run without being installed: a Kafka broker inside the JVM, PostgreSQL and MySQL as child processes
 * that end with the JVM however it ends. Owns unpacking, initialising, ports, passwords and orderly stops; what is
 * stored in the servers is the callers' affair. Any one thread may call a server's methods; stops have bounded waits.
 */
@NullMarked
package dev.shoofly.servers;

import org.jspecify.annotations.NullMarked;
