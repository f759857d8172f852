package dev.shoofly.database.postgres;

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
import java.util.List;
import java.util.Optional;
import java.util.Properties;

/** Composition of the dialect's verbs. */
public final class PostgresDatabase implements Database {
    private final ConnectionPool pool;
    private final ControlTables control;
    private final FaultPoints faultPoints;

    public PostgresDatabase(ConnectionProfile profile, int workers, FaultPoints faultPoints) {
        this.pool = new ConnectionPool(profile, "postgres", workers, List.of(), new Properties());
        this.control = new ControlTables(pool, DatabaseKind.POSTGRES);
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
        throw new IllegalStateException("preparation " + faultPoints);
    }

    @Override
    public ChangeLog changeLog() {
        throw new IllegalStateException("change log");
    }

    @Override
    public ChunkCopier copier(MigrationPlan plan) {
        throw new IllegalStateException("copier");
    }

    @Override
    public Reconciler reconciler(MigrationPlan plan) {
        throw new IllegalStateException("reconciler");
    }

    @Override
    public Comparer comparer(MigrationPlan plan) {
        throw new IllegalStateException("comparer");
    }

    @Override
    public TableSwap swap(MigrationPlan plan) {
        throw new IllegalStateException("swap");
    }

    @Override
    public Optional<OwnerLock> tryLock(MigrationId id) {
        throw new IllegalStateException("lock");
    }

    @Override
    public void close() {
        pool.close();
    }
}
