package dev.shoofly.coordinator;

import static org.assertj.core.api.Assertions.assertThat;

import dev.shoofly.model.MigrationId;
import dev.shoofly.servers.DatabaseServer;
import dev.shoofly.servers.fixture.TestServers;
import java.sql.SQLException;
import java.util.List;

/** Its checks have names of their own, so the swap moves the tables between schemas. */
class MySqlRollbackIT extends RollbackContract {
    @Override
    DatabaseServer server() {
        return TestServers.mysql();
    }

    @Override
    OrdersTable table() {
        return OrdersTable.MYSQL;
    }

    @Override
    String lastStepOfSwapBack() {
        return "after-rename";
    }

    @Override
    void harden(MigrationFixture orders) throws SQLException {
        orders.execute("ALTER TABLE orders ADD CONSTRAINT amount_sane CHECK (amount < 90000000),"
                + " ADD CONSTRAINT orders_chk_4 CHECK (note <> 'never')");
    }

    @Override
    List<String> tables(MigrationFixture orders) throws SQLException {
        return orders.texts("SELECT table_name FROM information_schema.tables WHERE table_schema LIKE 'sho%'");
    }

    @Override
    void checkSettled(MigrationFixture orders, MigrationId id) throws SQLException {
        orders.execute("DROP DATABASE shoofly_" + id + "_old");
        assertThat(orders.texts(
                        "SELECT schema_name FROM information_schema.schemata WHERE schema_name LIKE '%" + id + "%'"))
                .isEmpty();
    }

    @Override
    void checkHardened(MigrationFixture orders, MigrationId id) throws SQLException {
        assertThat(orders.texts("SELECT concat(table_schema, '.', table_name, '.', constraint_name)"
                        + " FROM information_schema.table_constraints WHERE constraint_type = 'CHECK'"
                        + " AND table_name LIKE '%orders%' AND (table_schema = 'shop' OR table_schema LIKE '%" + id
                        + "%') ORDER BY 1"))
                .containsExactly(
                        "shoofly_" + id + "_new._orders_" + id + "_undone._orders_" + id + "_undone_chk_4",
                        "shoofly_" + id + "_new._orders_" + id + "_undone.amount_sane",
                        "shop.orders.amount_sane",
                        "shop.orders.orders_chk_4");
        orders.execute("DROP DATABASE shoofly_" + id + "_new");
    }
}
