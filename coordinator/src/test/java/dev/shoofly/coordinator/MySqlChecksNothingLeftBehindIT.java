package dev.shoofly.coordinator;

import dev.shoofly.model.MigrationId;
import java.util.List;

/** Checks with names of their own, for which the tables are in databases of the migration's own. */
class MySqlChecksNothingLeftBehindIT extends MySqlNothingLeftBehindIT {
    @Override
    List<String> attachments() {
        return List.of(
                "CREATE USER clerk",
                "ALTER TABLE orders ADD CONSTRAINT sane CHECK (amount < 90000000000),"
                        + " ADD CONSTRAINT orders_chk_4 CHECK (note <> 'never')",
                "CREATE VIEW noted AS SELECT id, note FROM orders",
                "GRANT SELECT, UPDATE (note) ON orders TO clerk");
    }

    @Override
    String dropKeptByHand(MigrationId id) {
        return "DROP DATABASE shoofly_" + id + "_new";
    }
}
