/**
 * What Debezium is told (connector properties), what must hold on the server and in Kafka before it is told anything, and
 * what its errors mean. Owns no thread; called by the engine's thread.
 */
@NullMarked
package dev.shoofly.capture.connector;

import org.jspecify.annotations.NullMarked;
