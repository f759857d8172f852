package dev.shoofly.database.postgres;

import dev.shoofly.database.connection.ConnectionPool;
import dev.shoofly.database.connection.ConnectionProfile;
import dev.shoofly.database.connection.SqlErrors;
import dev.shoofly.database.throttle.Heartbeats;
import dev.shoofly.database.throttle.LagLimit;
import dev.shoofly.database.throttle.LoadConnection;
import dev.shoofly.database.throttle.LoadSignal;
import dev.shoofly.database.throttle.ReplicaNames;
import dev.shoofly.database.throttle.ReplicaSession;
import dev.shoofly.database.throttle.ServerLoad;
import dev.shoofly.database.throttle.SignalKind;
import dev.shoofly.database.throttle.SqlSignal;
import dev.shoofly.database.throttle.ThrottleQuery;
import dev.shoofly.model.ErrorKind;
import dev.shoofly.model.MigrationPlan;
import dev.shoofly.model.ShooflyException;
import dev.shoofly.model.throttle.LoadLimit;
import dev.shoofly.model.throttle.ReplicaLimits;
import dev.shoofly.model.throttle.ServerLimits;
import dev.shoofly.model.throttle.ThrottleSettings;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Properties;

/** What PostgreSQL tells of its load. */
final class PostgresLoad implements ServerLoad {
    private static final Duration EVERY = Duration.ofSeconds(1);
    /** A capture's sessions are ours or somebody else's like it: no application waits for them. */
    private static final String OTHERS = """
            SELECT EXISTS (SELECT 1 FROM pg_stat_activity
              WHERE backend_type = 'client backend' AND application_name <> ? AND application_name NOT LIKE 'Debezium%'
                AND (state IN ('active', 'idle in transaction') OR state_change > clock_timestamp() - interval '2 s'))
            """;

    private final ConnectionPool pool;
    private final ConnectionProfile profile;
    private final LoadConnection connection;
    private final Heartbeats positions = new Heartbeats();

    /** @param pool for what is asked rarely */
    PostgresLoad(ConnectionPool pool) {
        this.pool = pool;
        this.profile = pool.profile();
        this.connection = new LoadConnection(() -> connect(profile));
    }

    /** For looking: gives up soon. */
    static Connection connect(ConnectionProfile profile) throws SQLException {
        Properties properties = PostgresSession.driverProperties();
        properties.setProperty("user", profile.user());
        properties.setProperty("password", profile.password().reveal());
        String seconds = String.valueOf(LoadConnection.PATIENCE.toSeconds());
        properties.setProperty("connectTimeout", seconds);
        properties.setProperty("socketTimeout", seconds);
        return DriverManager.getConnection(profile.url(), properties);
    }

    @Override
    public List<LoadSignal> server(MigrationPlan plan, ThrottleSettings settings) {
        List<LoadSignal> signals = new ArrayList<>();
        status(signals, SignalKind.MAX_LOAD, settings.load().maxLoad());
        status(signals, SignalKind.CRITICAL_LOAD, settings.load().criticalLoad());
        ServerLimits limits = settings.server();
        if (limits.maxRetainedWal() > 0) {
            RetainedWal wal = new RetainedWal(plan.id(), limits.maxRetainedWal());
            signals.add(own(SignalKind.RETAINED_WAL, RetainedWal.NAME, wal::readings));
        }
        if (limits.maxCheckpoints() > 0) {
            Checkpoints checkpoints = new Checkpoints(limits.maxCheckpoints());
            signals.add(own(SignalKind.CHECKPOINTS, Checkpoints.NAME, checkpoints::readings));
        }
        if (limits.maxTransactionAge() > 0) {
            TransactionAge age = new TransactionAge(limits.maxTransactionAge());
            signals.add(own(SignalKind.TRANSACTION_AGE, TransactionAge.NAME, age::readings));
        }
        if (limits.maxBloat() > 0) {
            ShadowBloat bloat = new ShadowBloat(plan.shadow(), limits.maxBloat());
            signals.add(own(SignalKind.BLOAT, ShadowBloat.NAME, bloat::readings));
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
                    "the server's sessions",
                    EVERY,
                    connection,
                    SqlSignal.OnError.STOP,
                    open -> PostgresStatus.readings(open, kind, limits)));
        }
    }

    private LoadSignal own(
            SignalKind kind,
            String name,
            dev.shoofly.database.connection.SqlWork<List<dev.shoofly.database.throttle.Reading>> measure) {
        return new SqlSignal(kind, name, EVERY, connection, SqlSignal.OnError.LEAVE_OUT, measure);
    }

    @Override
    public List<LoadSignal> replicas(MigrationPlan plan, ThrottleSettings settings, Heartbeats heartbeats) {
        ReplicaLimits limits = settings.replicas();
        return switch (limits.choice()) {
            case NONE -> List.of();
            case AUTO -> List.of(new Standbys(() -> connect(profile), limits, positions));
            case NAMED ->
                limits.urls().stream()
                        .map(url -> (LoadSignal) new ReplicaSession(
                                url,
                                () -> connect(at(url)),
                                plan.id(),
                                LagLimit.of(limits, ReplicaNames.ofUrl(url)),
                                heartbeats))
                        .toList();
        };
    }

    /** As the migration's own user, whose password is the same there. */
    private ConnectionProfile at(String url) {
        ConnectionProfile replica = new ConnectionProfile(url, profile.user(), profile.password());
        if (replica.kind() != profile.kind()) {
            throw new ShooflyException(ErrorKind.REFUSED, "it is no PostgreSQL server");
        }
        return replica;
    }

    @Override
    public boolean othersWork() {
        try {
            return connection.with(open -> PostgresCatalog.test(open, OTHERS, PostgresSession.APPLICATION_NAME));
        } catch (SQLException e) {
            // Not to know it is no reason to be rude.
            return true;
        }
    }

    @Override
    public List<String> findings(ThrottleSettings settings) {
        List<String> findings = new ArrayList<>();
        if (!Objects.equals(settings.server().maxHistory(), ServerLimits.DEFAULT.maxHistory())) {
            findings.add("--max-history is about MySQL, and this server is PostgreSQL: leave it out");
        }
        findings.addAll(ReplicaNames.findings(settings.replicas()));
        findings.addAll(PostgresStatus.findings("--max-load", settings.load().maxLoad()));
        findings.addAll(
                PostgresStatus.findings("--critical-load", settings.load().criticalLoad()));
        String query = settings.outside().query();
        if (query != null) {
            pool.with("trying the throttle query", open -> query(findings, open, query));
        }
        return findings;
    }

    private static boolean query(List<String> findings, Connection open, String query) {
        try {
            ThrottleQuery.value(open, query);
            return true;
        } catch (SQLException e) {
            return findings.add("--throttle-query: " + SqlErrors.serverSaid(e));
        }
    }

    @Override
    public List<String> replicaFindings(ThrottleSettings settings) {
        List<String> findings = new ArrayList<>();
        for (String url : settings.replicas().urls()) {
            ReplicaSession.unreachable(() -> connect(at(url)))
                    .ifPresent(why -> findings.add("--replica " + url + " " + why + ". It is asked as user "
                            + profile.user() + ", with the same password"));
        }
        return findings;
    }

    @Override
    public void close() {
        connection.close();
    }
}
