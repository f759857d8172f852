/**
 * The verbs by which the pipeline speaks to the migrated server; {@code mysql} and {@code postgres} implement them, {@code
 * control} holds what both share. Owns all SQL. Leaves scheduling, batching and Kafka to its callers; blocking calls run
 * on the caller's thread.
 */
@NullMarked
package dev.shoofly.database;

import org.jspecify.annotations.NullMarked;
