package dev.shoofly.database.postgres;

import dev.shoofly.database.postgres.Attached.PartitionedKey;
import dev.shoofly.model.ErrorKind;
import dev.shoofly.model.MigrationPlan;
import dev.shoofly.model.ShooflyException;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;

/**
 * The tables at both ends of a foreign key that the swap gave to each partition. They are known by their numbers: one that is
 * missing under its name may have another by now, and would stay without its foreign key.
 */
final class PartitionedKeyEnds {
    private final MigrationPlan plan;
    private final PartitionedKey key;

    /** @param plan of the swap */
    PartitionedKeyEnds(MigrationPlan plan, PartitionedKey key) {
        this.plan = plan;
        this.key = key;
    }

    /**
     * The foreign key with the names that its tables have now. In a transaction; leaves another search path.
     *
     * @return empty: nothing is left to do, for the table itself has it, or somebody has dropped one of the two tables
     * @throws ShooflyException REFUSED when none of the partitions has it, although its tables were renamed
     */
    Optional<PartitionedKey> left(Connection connection) throws SQLException {
        PartitionedKey now = RenamedEnds.of(connection, plan).now(key);
        if (PartitionedKeys.isWhole(connection, now)
                || PostgresCatalog.test(
                        connection,
                        "SELECT to_regclass(?) IS NULL OR to_regclass(?) IS NULL",
                        now.table(),
                        now.target())) {
            return Optional.empty();
        }
        if (!now.equals(key)) {
            List<PartitionedKeys.State> states = PartitionedKeys.states(connection, now);
            if (!states.isEmpty()
                    && states.stream().allMatch(state -> state.name().isEmpty())) {
                throw new ShooflyException(
                        ErrorKind.REFUSED,
                        "the foreign key \"" + key.name() + "\" of " + now.table() + " is not complete: " + key.table()
                                + " or " + key.target()
                                + " was renamed after the swap, and no partition has it in the form"
                                + " (" + now.definition() + ")");
            }
        }
        return Optional.of(now);
    }
}
