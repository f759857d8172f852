/**
 * The test servers as Docker containers, through Testcontainers, which is on the class path only when asked for. Owns
 * images and port bindings; needs a Docker engine. Any one thread may call a server's methods.
 */
@NullMarked
package dev.shoofly.servers.containers;

import org.jspecify.annotations.NullMarked;
