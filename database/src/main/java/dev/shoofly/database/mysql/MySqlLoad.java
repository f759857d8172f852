package dev.shoofly.database.mysql;

import dev.shoofly.database.connection.ConnectionPool;
import dev.shoofly.database.connection.SqlErrors;
import dev.shoofly.database.throttle.Heartbeats;
import dev.shoofly.database.throttle.LagLimit;
import dev.shoofly.database.throttle.LoadConnection;
import dev.shoofly.database.throttle.LoadSignal;
import dev.shoofly.database.throttle.Reading;
import dev.shoofly.database.throttle.ReplicaNames;
import dev.shoofly.database.throttle.ReplicaSession;
import dev.shoofly.database.throttle.ServerLoad;
import dev.shoofly.database.throttle.SignalKind;
import dev.shoofly.database.throttle.SqlSignal;
import dev.shoofly.database.throttle.ThrottleQuery;
import dev.shoofly.database.throttle.Words;
import dev.shoofly.model.MigrationPlan;
import dev.shoofly.model.throttle.LoadLimit;
import dev.shoofly.model.throttle.ReplicaLimits;
import dev.shoofly.model.throttle.ServerLimits;
import dev.shoofly.model.throttle.ThrottleSettings;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/** What MySQL tells of its load. */
final class MySqlLoad implements ServerLoad {
    private static final Duration EVERY = Duration.ofSeconds(1);
    /** The session is ours: a name that no application gives itself. */
    private static final String OTHERS = """
            SELECT count(*) FROM performance_schema.threads t
            WHERE t.type = 'FOREGROUND' AND t.processlist_id IS NOT NULL
              AND t.processlist_command NOT IN ('Daemon', 'Binlog Dump', 'Binlog Dump GTID')
              AND (t.processlist_command <> 'Sleep' OR t.processlist_time < 2)
              AND NOT EXISTS (SELECT 1 FROM performance_schema.session_connect_attrs a
                  WHERE a.processlist_id = t.processlist_id AND a.attr_name = 'program_name' AND a.attr_value = ?)
            """;

    private final ConnectionPool pool;
    private final LoadConnection connection;

    /** @param pool for what is asked rarely */
    MySqlLoad(ConnectionPool pool) {
        this.pool = pool;
        this.connection = new LoadConnection(() -> MySqlReplicas.connect(pool.profile()));
    }

    @Override
    public List<LoadSignal> server(MigrationPlan plan, ThrottleSettings settings) {
        List<LoadSignal> signals = new ArrayList<>();
        status(signals, SignalKind.MAX_LOAD, settings.load().maxLoad());
        status(signals, SignalKind.CRITICAL_LOAD, settings.load().criticalLoad());
        long history = settings.server().maxHistory();
        if (history > 0) {
            signals.add(new SqlSignal(
                    SignalKind.HISTORY,
                    "InnoDB's history list",
                    EVERY,
                    connection,
                    SqlSignal.OnError.LEAVE_OUT,
                    open -> history(open, history)));
        }
        String query = settings.outside().query();
        if (query != null) {
            signals.add(ThrottleQuery.signal(query, connection));
        }
        return signals;
    }

    private void status(List<LoadSignal> signals, SignalKind kind, List<LoadLimit> limits) {
        if (!limits.isEmpty()) {
            signals.add(new SqlSignal(
                    kind,
                    "the server's status",
                    EVERY,
                    connection,
                    SqlSignal.OnError.STOP,
                    open -> MySqlStatus.readings(open, kind, limits)));
        }
    }

    private static List<Reading> history(Connection connection, long limit) throws SQLException {
        String name = "InnoDB's history list";
        try {
            List<Long> found = SqlText.of(
                            "SELECT count FROM information_schema.innodb_metrics WHERE name = 'trx_rseg_history_len'"
                                    + " AND status = 'enabled'")
                    .list(connection, row -> row.getLong(1));
            if (found.isEmpty()) {
                return List.of(Reading.unknown(
                        SignalKind.HISTORY,
                        name,
                        "is not measured: SET GLOBAL innodb_monitor_enable = 'trx_rseg_history_len' would let it be"));
            }
            long length = found.get(0);
            return List.of(Reading.of(
                    SignalKind.HISTORY,
                    name,
                    length,
                    limit,
                    "has " + Words.count(length) + " undo logs to purge (limit " + Words.count(limit) + ")"));
        } catch (SQLException e) {
            if (!MySqlErrors.isMissingPrivilege(e)) {
                throw e;
            }
            return List.of(Reading.unknown(
                    SignalKind.HISTORY, name, "is not measured: GRANT PROCESS ON *.* TO the migration's user"));
        }
    }

    @Override
    public List<LoadSignal> replicas(MigrationPlan plan, ThrottleSettings settings, Heartbeats heartbeats) {
        ReplicaLimits limits = settings.replicas();
        return switch (limits.choice()) {
            case NONE -> List.of();
            case AUTO -> List.of(new MySqlReplicas(pool, plan.id(), limits, heartbeats));
            case NAMED ->
                limits.urls().stream()
                        .map(url -> (LoadSignal) new ReplicaSession(
                                url,
                                () -> MySqlReplicas.connect(MySqlReplicas.at(url, pool.profile())),
                                plan.id(),
                                LagLimit.of(limits, ReplicaNames.ofUrl(url)),
                                heartbeats))
                        .toList();
        };
    }

    @Override
    public boolean othersWork() {
        try {
            return connection.with(MySqlLoad::othersWork);
        } catch (SQLException e) {
            // Not to know it is no reason to be rude.
            return true;
        }
    }

    /** Whether a session that is not ours works on the server now, or did so less than two seconds ago. */
    static boolean othersWork(Connection open) throws SQLException {
        return SqlText.of(OTHERS, MySqlSession.PROGRAM)
                        .list(open, row -> row.getLong(1))
                        .get(0)
                > 0;
    }

    @Override
    public List<String> findings(ThrottleSettings settings) {
        List<String> findings = new ArrayList<>();
        foreign(findings, settings.server());
        findings.addAll(ReplicaNames.findings(settings.replicas()));
        return pool.with("checking how the server's load can be watched", open -> {
            findings.addAll(
                    MySqlStatus.findings(open, "--max-load", settings.load().maxLoad()));
            findings.addAll(MySqlStatus.findings(
                    open, "--critical-load", settings.load().criticalLoad()));
            String query = settings.outside().query();
            if (query != null) {
                query(findings, open, query);
            }
            return findings;
        });
    }

    private static void foreign(List<String> findings, ServerLimits limits) {
        Map<String, Boolean> changed = Map.of(
                "--max-wal", !Objects.equals(limits.maxRetainedWal(), ServerLimits.DEFAULT.maxRetainedWal()),
                "--max-checkpoints", !Objects.equals(limits.maxCheckpoints(), ServerLimits.DEFAULT.maxCheckpoints()),
                "--max-transaction-age",
                        !Objects.equals(limits.maxTransactionAge(), ServerLimits.DEFAULT.maxTransactionAge()),
                "--max-bloat", !Objects.equals(limits.maxBloat(), ServerLimits.DEFAULT.maxBloat()));
        changed.forEach((option, given) -> {
            if (given) {
                findings.add(option + " is about PostgreSQL, and this server is MySQL: leave it out");
            }
        });
    }

    private static void query(List<String> findings, Connection open, String query) {
        try {
            ThrottleQuery.value(open, query);
        } catch (SQLException e) {
            findings.add("--throttle-query: " + SqlErrors.serverSaid(e));
        }
    }

    @Override
    public List<String> replicaFindings(ThrottleSettings settings) {
        List<String> findings = new ArrayList<>();
        ReplicaLimits limits = settings.replicas();
        switch (limits.choice()) {
            case NONE -> {}
            case AUTO ->
                findings.addAll(
                        pool.with("listing the replicas", open -> MySqlReplicas.findings(open, pool.profile())));
            case NAMED ->
                limits.urls()
                        .forEach(url -> ReplicaSession.unreachable(
                                        () -> MySqlReplicas.connect(MySqlReplicas.at(url, pool.profile())))
                                .ifPresent(why -> findings.add("--replica " + url + " " + why + ". It is asked as user "
                                        + pool.profile().user() + ", with the same password")));
        }
        return findings;
    }

    @Override
    public void close() {
        connection.close();
    }
}
