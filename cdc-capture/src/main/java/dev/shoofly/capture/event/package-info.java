/**
 * Reads Debezium's records: which are changes of the migrated table, which are markers, which must stop the migration, and
 * behind which one the position may be saved. Pure computation on the batch thread.
 */
@NullMarked
package dev.shoofly.capture.event;

import org.jspecify.annotations.NullMarked;
