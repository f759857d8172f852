package dev.shoofly.benchmarks;

import java.lang.management.ManagementFactory;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.LinkedHashMap;
import java.util.Map;

/** What the figures depend on. */
final class Conditions {
    private Conditions() {}

    /** The machine and the servers; the caller adds sizes. */
    static Map<String, Object> of(Bed bed) throws SQLException {
        return of(bed.server());
    }

    /** The same without a broker of the benchmark's own. */
    static Map<String, Object> of(BenchmarkServer server) throws SQLException {
        Map<String, Object> conditions = new LinkedHashMap<>();
        conditions.put("cores", Runtime.getRuntime().availableProcessors());
        // Above the number of cores before we begin: somebody else is working, and absolute figures mean little.
        conditions.put(
                "loadAtReport", ManagementFactory.getOperatingSystemMXBean().getSystemLoadAverage());
        conditions.put("java", Runtime.version().toString());
        conditions.put("maxHeapMiB", Runtime.getRuntime().maxMemory() >> 20);
        conditions.put("kafka", org.apache.kafka.common.utils.AppInfoParser.getVersion());
        try (Connection connection = server.connect()) {
            conditions.put("server", connection.getMetaData().getDatabaseProductVersion());
            conditions.put("driver", connection.getMetaData().getDriverVersion());
        }
        return conditions;
    }
}
