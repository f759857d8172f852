package dev.shoofly.coordinator;

import java.sql.SQLException;

/** The table's checks have names of their own, so the swaps move the tables between schemas. */
class MySqlChecksForwardAgainIT extends MySqlForwardAgainIT {
    @Override
    void harden(MigrationFixture orders) throws SQLException {
        orders.execute("ALTER TABLE orders ADD CONSTRAINT amount_sane CHECK (amount < 90000000),"
                + " ADD CONSTRAINT orders_chk_4 CHECK (note <> 'never'), ADD UNIQUE KEY one_note (note)");
    }

    @Override
    void soften(MigrationFixture orders) {
        // Nothing outlives the table.
    }
}
