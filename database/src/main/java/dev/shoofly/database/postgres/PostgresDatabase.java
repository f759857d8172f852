package dev.shoofly.database.postgres;

import dev.shoofly.database.AlterClauses;
import dev.shoofly.database.ChangeLog;
import dev.shoofly.database.ChunkCopier;
import dev.shoofly.database.CommitWatch;
import dev.shoofly.database.Comparer;
import dev.shoofly.database.Database;
import dev.shoofly.database.DatabaseKind;
import dev.shoofly.database.DeferredIndexes;
import dev.shoofly.database.MisfitsAside;
import dev.shoofly.database.NativeAlter;
import dev.shoofly.database.OldTable;
import dev.shoofly.database.OwnerLock;
import dev.shoofly.database.Preparation;
import dev.shoofly.database.Probe;
import dev.shoofly.database.Reconciler;
import dev.shoofly.database.ServerCheck;
import dev.shoofly.database.SourceWatch;
import dev.shoofly.database.Storage;
import dev.shoofly.database.TableSwap;
import dev.shoofly.database.WayBack;
import dev.shoofly.database.connection.ConnectionPool;
import dev.shoofly.database.connection.ConnectionProfile;
import dev.shoofly.database.control.ControlTables;
import dev.shoofly.database.disk.ThisHost;
import dev.shoofly.database.replay.ReplayDialect;
import dev.shoofly.database.throttle.ServerLoad;
import dev.shoofly.model.FaultPoints;
import dev.shoofly.model.MigrationId;
import dev.shoofly.model.MigrationPlan;
import dev.shoofly.model.ShadowNames;
import dev.shoofly.model.Transform;
import java.sql.ResultSet;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/** Composition of the dialect's verbs. */
public final class PostgresDatabase implements Database {
    private static final int CONTROL_CONNECTIONS = 4;
    private static final Duration OPEN_TIMEOUT = Duration.ofMinutes(5);
    private final ConnectionPool work;
    // Apart from the workers': a marker, a takeover or the cut-over must never wait for a pool full of
    // waiting appliers.
    private final ConnectionPool controlPool;
    private final ControlTables control;
    private final FaultPoints faultPoints;

    public PostgresDatabase(ConnectionProfile profile, int workers, FaultPoints faultPoints) {
        this.work = pool(profile, "work", workers);
        this.controlPool = pool(profile, "control", CONTROL_CONNECTIONS);
        this.control = new ControlTables(controlPool, DatabaseKind.POSTGRES);
        this.faultPoints = faultPoints;
    }

    private static ConnectionPool pool(ConnectionProfile profile, String name, int most) {
        return new ConnectionPool(profile, name, most, PostgresSession.STATEMENTS, PostgresSession.driverProperties());
    }

    @Override
    public DatabaseKind kind() {
        return DatabaseKind.POSTGRES;
    }

    @Override
    public ConnectionProfile profile() {
        return work.profile();
    }

    @Override
    public ControlTables control() {
        return control;
    }

    @Override
    public Preparation preparation() {
        return new PostgresPreparation(controlPool);
    }

    @Override
    public NativeAlter nativeAlter() {
        return new PostgresNativeAlter(controlPool, faultPoints);
    }

    @Override
    public AlterClauses alterClauses() {
        return new PostgresAlterClauses(controlPool);
    }

    @Override
    public ServerCheck serverCheck() {
        return new PostgresServerCheck(controlPool);
    }

    @Override
    public ChangeLog changeLog() {
        return new PostgresChangeLog(controlPool, OPEN_TIMEOUT);
    }

    @Override
    public ChunkCopier copier(MigrationPlan plan) {
        return new PostgresCopier(work, plan, faultPoints);
    }

    @Override
    public String serverIdentity() {
        return controlPool.with("asking which server this is", connection -> {
            try (Statement statement = connection.createStatement();
                    ResultSet row = statement.executeQuery(
                            "SELECT CASE WHEN pg_catalog.pg_is_in_recovery() THEN 'standby' ELSE 'primary' END")) {
                row.next();
                return row.getString(1);
            }
        });
    }

    @Override
    public OptionalInt processors() {
        // There is no statement that tells.
        return ThisHost.processors(profile().host());
    }

    @Override
    public DeferredIndexes deferredIndexes(MigrationPlan plan) {
        return new PostgresDeferredIndexes(
                controlPool, plan, new StaleDuplicates(plan, new PostgresReconciler(work, plan, faultPoints)));
    }

    @Override
    public Reconciler reconciler(MigrationPlan plan) {
        return new PostgresReconciler(work, plan, faultPoints);
    }

    @Override
    public Comparer comparer(MigrationPlan plan) {
        Comparer comparer = new PostgresComparer(work, plan);
        return ShadowNames.isWayBack(plan)
                ? new MisfitsAside(
                        comparer,
                        control.misfits(),
                        plan.id(),
                        new KeysInRange(work, plan),
                        PostgresErrors::isDataError)
                : comparer;
    }

    @Override
    public ReplayDialect reads(MigrationPlan plan) {
        return new PostgresReads(work.profile(), plan);
    }

    @Override
    public TableSwap swap(MigrationPlan plan, TableSwap.Direction direction) {
        return new PostgresSwap(controlPool, plan, direction, faultPoints);
    }

    @Override
    public Probe probe(MigrationPlan plan) {
        return new Probe(
                () -> PostgresSession.connect(controlPool.profile()),
                PostgresNames.quote(plan.source()),
                plan.key().columns().stream()
                        .map(column -> new Probe.Column(
                                PostgresNames.quote(column.sourceName()),
                                PostgresNames.quote(column.sourceName()) + "::text",
                                "CAST(? AS " + column.sourceType() + ")"))
                        .toList());
    }

    @Override
    public OldTable oldTable(MigrationPlan plan) {
        return new PostgresOldTable(controlPool, plan);
    }

    @Override
    public WayBack wayBack(MigrationPlan plan, List<Transform> reverses) {
        return new PostgresWayBack(controlPool, plan, reverses);
    }

    @Override
    public SourceWatch sourceWatch(MigrationPlan plan) {
        return new PostgresSourceWatch(controlPool, plan);
    }

    @Override
    public ServerLoad load() {
        return new PostgresLoad(controlPool);
    }

    @Override
    public Storage storage() {
        return new PostgresStorage(controlPool);
    }

    @Override
    public CommitWatch commitWatch() {
        // Nothing waits there: a table that cannot grow fails the statement, a log that cannot stops the server.
        return CommitWatch.NONE;
    }

    @Override
    public Optional<OwnerLock> tryLock(MigrationId id) {
        return PostgresOwnerLock.tryLock(work.profile(), id);
    }

    @Override
    public void close() {
        work.close();
        controlPool.close();
    }
}
