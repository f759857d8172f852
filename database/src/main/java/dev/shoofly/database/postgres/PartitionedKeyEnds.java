package dev.shoofly.database.postgres;

import static dev.shoofly.database.postgres.PostgresNames.quote;

import dev.shoofly.database.postgres.Attached.PartitionedKey;
import dev.shoofly.model.ErrorKind;
import dev.shoofly.model.MigrationPlan;
import dev.shoofly.model.ShooflyException;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The tables at both ends of a foreign key that the swap gave to each partition. They are known by their numbers: one that is
 * missing under its name may have another by now, and would stay without its foreign key.
 */
final class PartitionedKeyEnds {
    /** Of a partition by itself, which is how the swap leaves it; of the tree of a table, to a table. */
    private static final String PENDING = "SELECT true FROM pg_catalog.pg_constraint k WHERE k.conrelid IN "
            + PartitionTree.MEMBERS_BY_OID
            + " AND k.contype = 'f' AND k.conparentid = 0 AND k.confrelid = ?::bigint::oid LIMIT 1";

    private final MigrationPlan plan;
    private final PartitionedKey key;

    /** @param plan of the swap */
    PartitionedKeyEnds(MigrationPlan plan, PartitionedKey key) {
        this.plan = plan;
        this.key = key;
    }

    /**
     * Whether there is nothing left to do: the table itself has it, or somebody has dropped one of the two tables since.
     *
     * @throws ShooflyException REFUSED when one of them has another name now, and the table has no foreign key
     */
    boolean isSettled(Connection connection) throws SQLException {
        Long table = oid(key.table(), key.tableOid());
        if (table != null && PartitionedKeys.isWhole(connection, table, key)) {
            return true;
        }
        for (String name : new String[] {key.table(), key.target()}) {
            Optional<String> moved =
                    moved(connection, name, oid(name, name.equals(key.table()) ? key.tableOid() : key.targetOid()));
            if (moved.isPresent()) {
                throw incomplete(moved.get());
            }
        }
        return PartitionedKeys.isWhole(connection, key)
                || PostgresCatalog.test(
                        connection,
                        "SELECT to_regclass(?) IS NULL OR to_regclass(?) IS NULL",
                        key.table(),
                        key.target());
    }

    private boolean isMigrated(String table) {
        return table.equals(quote(plan.source()));
    }

    /** @return null: an earlier version made the plan, and did not note it */
    private @Nullable Long oid(String table, @Nullable Long known) {
        return isMigrated(table) ? Long.valueOf(SwapState.of(plan).shadowOid()) : known;
    }

    /** @return what became of its name; empty: it has it, or there is no such table any more */
    private Optional<String> moved(Connection connection, String table, @Nullable Long oid) throws SQLException {
        if (oid == null) {
            return Optional.empty();
        }
        String now = PostgresCatalog.text(
                connection,
                "SELECT format('%I.%I', n.nspname, c.relname) FROM pg_catalog.pg_class c"
                        + " JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
                        + " WHERE c.oid = ?::bigint::oid AND c.oid IS DISTINCT FROM to_regclass(?)::oid",
                oid,
                table);
        if (now == null) {
            return Optional.empty();
        }
        boolean replaced = PostgresCatalog.test(connection, "SELECT to_regclass(?) IS NOT NULL", table);
        if (replaced && !isMigrated(table) && !isPending(connection)) {
            // It was made anew before the swap, which went by the name.
            return Optional.empty();
        }
        return Optional.of(table + " was renamed after the swap, to " + now
                + (replaced ? ", and another table has its name now" : ""));
    }

    private boolean isPending(Connection connection) throws SQLException {
        Long table = oid(key.table(), key.tableOid());
        Long target = oid(key.target(), key.targetOid());
        return table != null && target != null && PostgresCatalog.test(connection, PENDING, table, target);
    }

    private ShooflyException incomplete(String why) {
        return new ShooflyException(
                ErrorKind.REFUSED,
                "the foreign key \"" + key.name() + "\" of " + key.table() + " is not complete: " + why
                        + ". Each partition that was there at the swap has it, and there it is in force; the table itself"
                        + " does not have it yet, so a partition that is made later would be without. Nothing was changed."
                        + " Either rename it back, or add the foreign key to the table by hand (ALTER TABLE … ADD CONSTRAINT "
                        + quote(key.name()) + " " + key.definition() + "); then run 'resume " + plan.id() + "'.");
    }
}
