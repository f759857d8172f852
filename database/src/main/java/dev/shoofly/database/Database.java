package dev.shoofly.database;

import dev.shoofly.database.connection.ConnectionProfile;
import dev.shoofly.database.control.ControlTables;
import dev.shoofly.database.replay.ReplayDialect;
import dev.shoofly.database.throttle.ServerLoad;
import dev.shoofly.model.MigrationId;
import dev.shoofly.model.MigrationPlan;
import dev.shoofly.model.Transform;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/** The migrated server, spoken to in its dialect. Thread-safe; close it after everything made from it. */
public interface Database extends AutoCloseable {

    DatabaseKind kind();

    ConnectionProfile profile();

    /** The control tables; {@link ControlTables#install} creates them. */
    ControlTables control();

    Preparation preparation();

    NativeAlter nativeAlter();

    AlterClauses alterClauses();

    ServerCheck serverCheck();

    ChangeLog changeLog();

    ChunkCopier copier(MigrationPlan plan);

    /** Processors of the server's machine; empty when it does not tell. Asks the server. */
    OptionalInt processors();

    /**
     * Tells the server that is written from its replicas, which show what was: asked on one connection, so all of them must lead
     * to one server.
     */
    String serverIdentity();

    DeferredIndexes deferredIndexes(MigrationPlan plan);

    Reconciler reconciler(MigrationPlan plan);

    Comparer comparer(MigrationPlan plan);

    /** Of applications, on both tables of this plan; {@code ReadReplay} runs them. */
    ReplayDialect reads(MigrationPlan plan);

    default TableSwap swap(MigrationPlan plan) {
        return swap(plan, TableSwap.Direction.FORWARD);
    }

    /** @param plan that of the way back if {@code direction} is BACK */
    TableSwap swap(MigrationPlan plan, TableSwap.Direction direction);

    /** @param plan of the migration, never that of a way back */
    WayBack wayBack(MigrationPlan plan, List<Transform> reverses);

    /** @param plan of the migration, never that of a way back */
    OldTable oldTable(MigrationPlan plan);

    /** Of the source of this plan. Close it. */
    Probe probe(MigrationPlan plan);

    SourceWatch sourceWatch(MigrationPlan plan);

    /** What the server tells of its load. Connects at its first use; close it. */
    ServerLoad load();

    Storage storage();

    /** Connects at its first use; close it. */
    CommitWatch commitWatch();

    /**
     * Takes the session-level lock that says "a living process runs this migration". The server frees it as soon as the
     * process dies, so it tells quickly whether an owner lives; safety rests on epochs, not on it.
     *
     * @return empty when another session holds it
     */
    Optional<OwnerLock> tryLock(MigrationId id);

    @Override
    void close();
}
