package dev.shoofly.servers;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** The settings that every server of this project runs with, embedded or in a container; a caller's own win. */
public final class ServerDefaults {
    private static final List<String> MYSQL = List.of(
            "--mysqlx=OFF",
            "--skip-name-resolve",
            "--log-bin=binlog",
            "--binlog-format=ROW",
            "--binlog-row-image=FULL",
            "--gtid-mode=ON",
            "--enforce-gtid-consistency=ON",
            "--sync-binlog=1",
            "--innodb-flush-log-at-trx-commit=1",
            "--innodb-buffer-pool-size=512M",
            "--innodb-redo-log-capacity=256M",
            "--max-connections=300",
            "--local-infile=ON",
            "--secure-file-priv=",
            "--default-time-zone=+00:00");

    private static final Map<String, String> POSTGRES = Map.of(
            "fsync", "on",
            "synchronous_commit", "on",
            "wal_level", "logical",
            "max_wal_senders", "20",
            "max_replication_slots", "20",
            "max_connections", "200",
            "max_prepared_transactions", "20",
            "timezone", "UTC",
            "log_timezone", "UTC");

    private static final Map<String, String> KAFKA = Map.ofEntries(
            Map.entry("auto.create.topics.enable", "false"),
            // One node: every internal topic has one replica.
            Map.entry("offsets.topic.replication.factor", "1"),
            Map.entry("offsets.topic.num.partitions", "4"),
            Map.entry("transaction.state.log.replication.factor", "1"),
            Map.entry("transaction.state.log.num.partitions", "4"),
            Map.entry("transaction.state.log.min.isr", "1"),
            Map.entry("share.coordinator.state.topic.replication.factor", "1"),
            Map.entry("share.coordinator.state.topic.min.isr", "1"),
            // After a kill the controller waits until the dead broker's session is over before it lets the same broker
            // in again: 9 s by default.
            Map.entry("broker.session.timeout.ms", "5000"),
            Map.entry("broker.heartbeat.interval.ms", "500"),
            // Fast take-over: groups may ask for short sessions and heartbeats.
            Map.entry("group.initial.rebalance.delay.ms", "0"),
            Map.entry("group.min.session.timeout.ms", "1000"),
            Map.entry("group.streams.min.session.timeout.ms", "1000"),
            Map.entry("group.streams.min.heartbeat.interval.ms", "200"));

    private ServerDefaults() {}

    /** Command-line options of mysqld: the defaults, then the caller's settings, of which the last one counts. */
    public static List<String> mySqlOptions(Map<String, String> settings) {
        List<String> options = new ArrayList<>(MYSQL);
        settings.forEach((name, value) -> options.add(option(name.replace('_', '-'), value)));
        return options;
    }

    private static String option(String name, String value) {
        // A value of log-bin is a file name, OFF too.
        if (name.equals("log-bin") && value.equalsIgnoreCase("OFF")) {
            return "--skip-log-bin";
        }
        return value.isEmpty() ? "--" + name : "--" + name + "=" + value;
    }

    public static Map<String, String> postgres() {
        return POSTGRES;
    }

    public static Map<String, String> kafka() {
        return KAFKA;
    }
}
