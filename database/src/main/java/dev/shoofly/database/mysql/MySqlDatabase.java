package dev.shoofly.database.mysql;

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
import dev.shoofly.database.replay.ReplayDialect;
import dev.shoofly.database.throttle.ServerLoad;
import dev.shoofly.model.FaultPoints;
import dev.shoofly.model.MigrationId;
import dev.shoofly.model.MigrationPlan;
import dev.shoofly.model.ShadowNames;
import dev.shoofly.model.Transform;
import java.sql.ResultSet;
import java.sql.Statement;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/** Composition of the dialect's verbs. */
public final class MySqlDatabase implements Database {
    private static final int CONTROL_CONNECTIONS = 4;
    private final ConnectionPool pool;
    /** For what only reads: a session of lower priority that commits would hold up everybody whose commits join its group. */
    private final ConnectionPool comparingPool;
    // Apart from the workers': under the lock of a cut-over every applier waits with a connection in its hand, and the
    // marker that ends the application's stall must not queue behind them.
    private final ConnectionPool controlPool;
    private final ControlTables control;
    private final FaultPoints faultPoints;

    public MySqlDatabase(ConnectionProfile profile, int workers, FaultPoints faultPoints) {
        this.pool = MySqlSession.pool(profile, "mysql", workers);
        this.comparingPool = MySqlSession.lowPriorityPool(profile, "mysql-comparing", workers);
        this.controlPool = MySqlSession.pool(profile, "mysql-control", CONTROL_CONNECTIONS);
        this.control = new ControlTables(controlPool, DatabaseKind.MYSQL);
        this.faultPoints = faultPoints;
    }

    @Override
    public DatabaseKind kind() {
        return pool.profile().kind();
    }

    @Override
    public ConnectionProfile profile() {
        return pool.profile();
    }

    @Override
    public ControlTables control() {
        return control;
    }

    @Override
    public Preparation preparation() {
        return new MySqlPreparation(controlPool);
    }

    @Override
    public NativeAlter nativeAlter() {
        return new MySqlNativeAlter(controlPool, faultPoints);
    }

    @Override
    public AlterClauses alterClauses() {
        return new MySqlAlterClauses(controlPool);
    }

    @Override
    public ServerCheck serverCheck() {
        return new MySqlServerCheck(controlPool);
    }

    @Override
    public ChangeLog changeLog() {
        return new MySqlChangeLog(controlPool);
    }

    @Override
    public ChunkCopier copier(MigrationPlan plan) {
        return new MySqlCopier(pool, MigrationSql.of(plan), faultPoints);
    }

    @Override
    public String serverIdentity() {
        return controlPool.with("asking which server this is", connection -> {
            try (Statement statement = connection.createStatement();
                    ResultSet row = statement.executeQuery("SELECT @@server_uuid")) {
                row.next();
                return row.getString(1);
            }
        });
    }

    @Override
    public OptionalInt processors() {
        return controlPool.with(
                "asking for the server's processors",
                connection -> Processors.of(connection, controlPool.profile().host()));
    }

    @Override
    public DeferredIndexes deferredIndexes(MigrationPlan plan) {
        MigrationSql sql = MigrationSql.of(plan);
        return new MySqlDeferredIndexes(
                controlPool, plan, new StaleDuplicates(sql, new MySqlReconciler(pool, sql, faultPoints)));
    }

    @Override
    public Reconciler reconciler(MigrationPlan plan) {
        return new MySqlReconciler(pool, MigrationSql.of(plan), faultPoints);
    }

    @Override
    public Comparer comparer(MigrationPlan plan) {
        MigrationSql sql = MigrationSql.of(plan);
        Comparer comparer = new MySqlComparer(comparingPool, sql);
        return ShadowNames.isWayBack(plan)
                ? new MisfitsAside(
                        comparer,
                        control.misfits(),
                        plan.id(),
                        new KeysInRange(comparingPool, sql),
                        MySqlErrors::isData)
                : comparer;
    }

    @Override
    public ReplayDialect reads(MigrationPlan plan) {
        return new MySqlReads(pool.profile(), plan);
    }

    @Override
    public TableSwap swap(MigrationPlan plan, TableSwap.Direction direction) {
        MySqlReconciler reconciler = new MySqlReconciler(pool, MigrationSql.of(plan), faultPoints);
        return new MySqlSwap(controlPool, plan, direction, reconciler, faultPoints);
    }

    @Override
    public Probe probe(MigrationPlan plan) {
        return new Probe(
                () -> MySqlSession.connect(pool.profile()),
                MySqlNames.quote(plan.source()),
                plan.key().columns().stream()
                        .map(column -> MySqlNames.quote(column.sourceName()))
                        .map(column -> new Probe.Column(column, column, "?"))
                        .toList());
    }

    @Override
    public OldTable oldTable(MigrationPlan plan) {
        return new MySqlOldTable(controlPool, plan);
    }

    @Override
    public WayBack wayBack(MigrationPlan plan, List<Transform> reverses) {
        return new MySqlWayBack(controlPool, plan, reverses);
    }

    @Override
    public SourceWatch sourceWatch(MigrationPlan plan) {
        return new MySqlSourceWatch(controlPool, plan);
    }

    @Override
    public ServerLoad load() {
        return new MySqlLoad(controlPool);
    }

    @Override
    public Storage storage() {
        return new MySqlStorage(controlPool);
    }

    @Override
    public CommitWatch commitWatch() {
        return new MySqlCommitWatch(pool.profile());
    }

    @Override
    public Optional<OwnerLock> tryLock(MigrationId id) {
        return MySqlOwnerLock.tryLock(pool.profile(), id);
    }

    @Override
    public void close() {
        pool.close();
        comparingPool.close();
        controlPool.close();
    }
}
