/**
 * Change capture of one migration: Debezium reads the server's log, the changes topic receives keys and markers. Owns the
 * engine's life; leaves starting anew after a failure, and the changes topic itself, to the coordinator. No Debezium type
 * leaves this module. The public types are called by the coordinator's thread; the engine works on threads of its own.
 */
@NullMarked
package dev.shoofly.capture;

import org.jspecify.annotations.NullMarked;
