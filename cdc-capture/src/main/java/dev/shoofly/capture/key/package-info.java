/**
 * Turns the log's raw column values into text without loss, before Debezium's own conversions could touch them. Called by
 * Debezium's reader thread, one call at a time.
 */
@NullMarked
package dev.shoofly.capture.key;

import org.jspecify.annotations.NullMarked;
