package dev.shoofly.database.disk;

/**
 * Bytes of one table on the disk.
 *
 * @param data the rows, with the clustered index where the rows are in one
 * @param indexes the other indexes
 */
public record TableSize(long data, long indexes) {
    public static final TableSize ZERO = new TableSize(0, 0);

    public long total() {
        return data + indexes;
    }
}
