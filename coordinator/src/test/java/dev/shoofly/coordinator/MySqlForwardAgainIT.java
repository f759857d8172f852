package dev.shoofly.coordinator;

import dev.shoofly.model.MigrationId;
import dev.shoofly.servers.DatabaseServer;
import dev.shoofly.servers.fixture.TestServers;
import java.sql.SQLException;
import java.util.List;

/** Foreign keys and triggers hang on the table. */
class MySqlForwardAgainIT extends ForwardAgainContract {
    @Override
    DatabaseServer server() {
        return TestServers.mysql();
    }

    @Override
    OrdersTable table() {
        return OrdersTable.MYSQL;
    }

    @Override
    void harden(MigrationFixture orders) throws SQLException {
        MySqlAttachments.hangOn(orders);
        orders.execute(
                "ALTER TABLE orders ADD CONSTRAINT orders_chk_4 CHECK (note <> 'never'), ADD UNIQUE KEY one_note (note)");
    }

    @Override
    void soften(MigrationFixture orders) throws SQLException {
        MySqlAttachments.takeAway(orders);
    }

    @Override
    List<String> catalog(MigrationFixture orders) throws SQLException {
        return orders.texts(
                "SELECT concat_ws(' ', 'column', column_name, column_type, is_nullable, column_default, extra)"
                        + " AS line FROM information_schema.columns WHERE table_schema = 'shop' AND table_name = 'orders'"
                        + " UNION ALL SELECT concat_ws(' ', 'index', index_name, non_unique, seq_in_index, column_name)"
                        + " FROM information_schema.statistics WHERE table_schema = 'shop' AND table_name = 'orders'"
                        + " UNION ALL SELECT concat_ws(' ', 'constraint', table_name, constraint_name, constraint_type, enforced)"
                        + " FROM information_schema.table_constraints WHERE table_schema = 'shop'"
                        + " AND table_name IN ('orders', 'order_lines')"
                        + " UNION ALL SELECT concat_ws(' ', 'check', constraint_name, check_clause)"
                        + " FROM information_schema.check_constraints JOIN information_schema.table_constraints"
                        + " USING (constraint_schema, constraint_name) WHERE constraint_schema = 'shop' AND table_name = 'orders'"
                        + " UNION ALL SELECT concat_ws(' ', 'foreign key', constraint_name, table_name, referenced_table_name,"
                        + " update_rule, delete_rule) FROM information_schema.referential_constraints"
                        + " WHERE constraint_schema = 'shop'"
                        + " UNION ALL SELECT concat_ws(' ', 'trigger', trigger_name, event_object_table, action_timing,"
                        + " event_manipulation, action_statement) FROM information_schema.triggers WHERE trigger_schema = 'shop'"
                        + " ORDER BY line");
    }

    @Override
    List<String> named(MigrationFixture orders, MigrationId id) throws SQLException {
        return orders.texts("SELECT table_name FROM information_schema.tables WHERE table_name LIKE '%" + id + "%'"
                + " UNION ALL SELECT schema_name FROM information_schema.schemata WHERE schema_name LIKE '%" + id
                + "%' AND NOT EXISTS (SELECT 1 FROM information_schema.tables WHERE table_schema = schema_name)");
    }
}
