package dev.shoofly.database.control;

/**
 * How far one partition of the changes topic is applied.
 *
 * @param epoch of the applier task that owns the partition
 * @param nextOffset first record that is not applied
 * @param marker greatest marker passed
 */
public record Progress(int partition, long epoch, long nextOffset, long marker, long keysApplied) {}
