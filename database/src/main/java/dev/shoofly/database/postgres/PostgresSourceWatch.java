package dev.shoofly.database.postgres;

import dev.shoofly.database.ChangeLog;
import dev.shoofly.database.DefinitionChange;
import dev.shoofly.database.SourceWatch;
import dev.shoofly.database.connection.ConnectionPool;
import dev.shoofly.model.MigrationPlan;
import dev.shoofly.model.ShadowNames;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Optional;
import java.util.OptionalLong;

/** Looks at which table has the name, at its definition, and at the publication of its changes. */
final class PostgresSourceWatch implements SourceWatch {
    private final ConnectionPool pool;
    private final MigrationPlan plan;

    PostgresSourceWatch(ConnectionPool pool, MigrationPlan plan) {
        this.pool = pool;
        this.plan = plan;
    }

    @Override
    public Optional<String> change() {
        return pool.inTransaction("looking at " + plan.source(), connection -> {
            if (PostgresCatalog.oid(connection, plan.shadow()).isEmpty()) {
                return Optional.of("the table that is made from it, " + plan.shadow() + ", is gone");
            }
            Optional<String> table = changeOfTable(connection, plan);
            return table.isPresent() ? table : changeOfPublication(connection, plan);
        });
    }

    static Optional<String> changeOfTable(Connection connection, MigrationPlan plan) throws SQLException {
        PostgresCatalog.qualifyEverything(connection);
        SwapState state = SwapState.of(plan);
        OptionalLong oid = PostgresCatalog.oid(connection, plan.source());
        if (oid.isEmpty()) {
            return Optional.of("it is gone: somebody dropped it or renamed it");
        }
        if (oid.getAsLong() != state.sourceOid()) {
            return Optional.of("another table has its name now");
        }
        String now = TableFingerprint.of(connection, oid.getAsLong());
        // After a swap people are told to validate what could not be.
        return plan.round() > 1 || ShadowNames.isWayBack(plan)
                ? TableFingerprint.changeButForValidity(state.fingerprint(), now)
                : DefinitionChange.between(state.fingerprint(), now);
    }

    /**
     * The server logs changes for the publication as it is at that moment: those that were made while the table was not in
     * it never come, and nothing tells of them when it is in it again. So the entry itself must still be the first one,
     * whose number the publication carries as its comment.
     */
    static Optional<String> changeOfPublication(Connection connection, MigrationPlan plan) throws SQLException {
        String name = ChangeLog.publication(plan.id());
        boolean whole = PostgresCatalog.test(connection, """
                SELECT true FROM pg_catalog.pg_publication p
                JOIN pg_catalog.pg_publication_rel r ON r.prpubid = p.oid AND r.prrelid = ?::bigint::oid
                WHERE p.pubname = ? AND p.pubinsert AND p.pubupdate AND p.pubdelete AND p.pubtruncate
                  AND (p.pubviaroot OR NOT EXISTS (
                    SELECT 1 FROM pg_catalog.pg_class c WHERE c.oid = r.prrelid AND c.relkind = 'p'))
                  AND r.oid::text = pg_catalog.obj_description(p.oid, 'pg_publication')
                  AND to_jsonb(r) ->> 'prqual' IS NULL AND to_jsonb(r) ->> 'prattrs' IS NULL
                """, SwapState.of(plan).sourceOid(), name);
        return whole
                ? Optional.empty()
                : Optional.of("the publication " + name + ", by which its changes are followed, was altered or dropped,"
                        + " so changes may be missing");
    }
}
