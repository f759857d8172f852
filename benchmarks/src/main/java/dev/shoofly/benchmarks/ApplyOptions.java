package dev.shoofly.benchmarks;

import java.sql.SQLException;
import java.util.List;
import java.util.Map;

/**
 * Sizes of the apply benchmark.
 *
 * @param rows of the table; each is changed once per measurement
 * @param partitions to measure, one after the other; the last is the headline
 * @param threads of Kafka Streams; the writers come on top, one per partition
 * @param batchKeys most keys in one transaction
 */
record ApplyOptions(int rows, List<Integer> partitions, int threads, int batchKeys) {
    ApplyOptions {
        partitions = List.copyOf(partitions);
    }

    Map<String, Object> conditions(Bed bed) throws SQLException {
        Map<String, Object> conditions = Conditions.of(bed);
        conditions.put("rows", rows);
        conditions.put("batchKeys", batchKeys);
        conditions.put("applierThreads", threads);
        conditions.put("transactionRows", SourceChanges.TRANSACTION_ROWS);
        return conditions;
    }
}
