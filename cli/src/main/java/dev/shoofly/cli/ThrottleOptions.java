package dev.shoofly.cli;

import dev.shoofly.cli.input.Setting;
import dev.shoofly.cli.input.Settings;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** How much load a migration may make; every one can be changed while it runs. */
final class ThrottleOptions {
    @Option(
            names = "--max-lag",
            paramLabel = "[REPLICA=]DURATION",
            description = {
                "Slow down when a replica lags more than this; with a name in front, such as db2:3306=10s: when that one"
                        + " does. Repeat it for several; db2:3306=default takes back. Default: 500ms"
            })
    private List<String> maxLag = List.of();

    @Option(
            names = "--replica",
            paramLabel = "auto|none|JDBC-URL",
            description = {
                "Which replicas: those that the server lists, none, or those named; repeat it for several. Default: auto"
            })
    private List<String> replicas = List.of();

    @Option(
            names = "--max-load",
            paramLabel = "NAME=N,…",
            description = {
                "Slow down when a status variable is above its limit, such as Threads_running=25; on PostgreSQL:"
                        + " active_backends, waiting_backends, idle_in_transaction, connections. Default: off"
            })
    private @Nullable String maxLoad;

    @Option(
            names = "--critical-load",
            paramLabel = "NAME=N,…",
            description = "Stop altogether when one is above this, twice in a row. Default: off")
    private @Nullable String criticalLoad;

    @Option(
            names = "--critical-action",
            paramLabel = "pause|abort",
            description = {"Go to PAUSED, or end as FAILED; both can be resumed. Default: pause"})
    private @Nullable String criticalAction;

    @Option(
            names = "--max-commit-latency",
            paramLabel = "DURATION|auto|off",
            description = {
                "Slow down when one in ten small commits takes longer. auto: twice what it was before the copy,"
                        + " at least 5 ms, while other clients work on the server. Default: auto"
            })
    private @Nullable String maxCommitLatency;

    @Option(
            names = "--max-wal",
            paramLabel = "SIZE|off",
            description = {
                "PostgreSQL: slow down when the migration's slot keeps more of the log than this, or than half of"
                        + " max_slot_wal_keep_size. Default: 16GB"
            })
    private @Nullable String maxWal;

    @Option(
            names = "--max-checkpoints",
            paramLabel = "N|off",
            description = "PostgreSQL: checkpoints per minute that the log's volume may force. Default: off")
    private @Nullable String maxCheckpoints;

    @Option(
            names = "--max-transaction-age",
            paramLabel = "N|off",
            description = "PostgreSQL: slow down when the oldest transaction id is older. Default: 1_500_000_000")
    private @Nullable String maxTransactionAge;

    @Option(
            names = "--max-bloat",
            paramLabel = "PERCENT|off",
            description = "PostgreSQL: dead rows that the shadow may have, of its living ones. Default: off")
    private @Nullable String maxBloat;

    @Option(
            names = "--max-history",
            paramLabel = "N|off",
            description = "MySQL: slow down when InnoDB's history list is longer. Default: 1_000_000")
    private @Nullable String maxHistory;

    @Option(
            names = "--throttle-query",
            paramLabel = "SQL|off",
            description = "Stop while the first value of this query is above 0. Default: off")
    private @Nullable String query;

    @Option(
            names = "--throttle-http",
            paramLabel = "URL|off",
            description = "Stop unless GET on this address answers 200 within two seconds. Default: off")
    private @Nullable String endpoint;

    @Option(
            names = "--throttle-flag-file",
            paramLabel = "FILE|none",
            description = {
                "Stop while this file exists on the host that runs the migration; repeat it for several. Default: none"
            })
    private List<String> flagFiles = List.of();

    @Option(
            names = "--throttle-io",
            paramLabel = "PERCENT",
            description = "Never copy faster than this share of the speed that the server would give. Default: 100")
    private @Nullable String io;

    @Option(
            names = "--copy-threads",
            paramLabel = "N|auto",
            description = "Threads that copy, in each process that copies. Default: auto")
    private @Nullable String copyThreads;

    @Option(
            names = "--chunk-time",
            paramLabel = "DURATION|auto",
            description = {
                "What a chunk should take; its rows follow from that. auto: 200 ms, and 25 ms while other clients work",
                "Default: auto"
            })
    private @Nullable String chunkTime;

    void addTo(Settings.Builder settings) {
        settings.put(Setting.MAX_LAG, maxLag)
                .put(Setting.REPLICA, replicas)
                .put(Setting.MAX_LOAD, maxLoad)
                .put(Setting.CRITICAL_LOAD, criticalLoad)
                .put(Setting.CRITICAL_ACTION, criticalAction)
                .put(Setting.MAX_COMMIT_LATENCY, maxCommitLatency)
                .put(Setting.MAX_WAL, maxWal)
                .put(Setting.MAX_CHECKPOINTS, maxCheckpoints)
                .put(Setting.MAX_TRANSACTION_AGE, maxTransactionAge)
                .put(Setting.MAX_BLOAT, maxBloat)
                .put(Setting.MAX_HISTORY, maxHistory)
                .put(Setting.THROTTLE_QUERY, query)
                .put(Setting.THROTTLE_HTTP, endpoint)
                .put(Setting.THROTTLE_FLAG_FILE, flagFiles)
                .put(Setting.THROTTLE_IO, io)
                .put(Setting.COPY_THREADS, copyThreads)
                .put(Setting.CHUNK_TIME, chunkTime);
    }
}
