package dev.shoofly.database.mysql;

import dev.shoofly.database.ChangeLog;
import dev.shoofly.database.ChunkCopier;
import dev.shoofly.database.Comparer;
import dev.shoofly.database.Database;
import dev.shoofly.database.DatabaseKind;
import dev.shoofly.database.OwnerLock;
import dev.shoofly.database.Preparation;
import dev.shoofly.database.Reconciler;
import dev.shoofly.database.TableSwap;
import dev.shoofly.database.connection.ConnectionPool;
import dev.shoofly.database.connection.ConnectionProfile;
import dev.shoofly.database.control.ControlTables;
import dev.shoofly.model.FaultPoints;
import dev.shoofly.model.MigrationId;
import dev.shoofly.model.MigrationPlan;
import java.util.Optional;

/** Composition of the dialect's verbs. */
public final class MySqlDatabase implements Database {
    private final ConnectionPool pool;
    private final ControlTables control;
    private final FaultPoints faultPoints;

    public MySqlDatabase(ConnectionProfile profile, int workers, FaultPoints faultPoints) {
        this.pool = MySqlSession.pool(profile, "mysql", workers);
        this.control = new ControlTables(pool, DatabaseKind.MYSQL);
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
        return new MySqlPreparation(pool);
    }

    @Override
    public ChangeLog changeLog() {
        return new MySqlChangeLog(pool);
    }

    @Override
    public ChunkCopier copier(MigrationPlan plan) {
        return new MySqlCopier(pool, MigrationSql.of(plan), faultPoints);
    }

    @Override
    public Reconciler reconciler(MigrationPlan plan) {
        return new MySqlReconciler(pool, MigrationSql.of(plan), faultPoints);
    }

    @Override
    public Comparer comparer(MigrationPlan plan) {
        return new MySqlComparer(pool, MigrationSql.of(plan));
    }

    @Override
    public TableSwap swap(MigrationPlan plan) {
        MySqlReconciler reconciler = new MySqlReconciler(pool, MigrationSql.of(plan), faultPoints);
        return new MySqlSwap(pool, plan, reconciler, faultPoints);
    }

    @Override
    public Optional<OwnerLock> tryLock(MigrationId id) {
        return MySqlOwnerLock.tryLock(pool.profile(), id);
    }

    @Override
    public void close() {
        pool.close();
    }
}
