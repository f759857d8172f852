package dev.shoofly.coordinator;

import dev.shoofly.model.MigrationId;
import dev.shoofly.servers.DatabaseServer;
import dev.shoofly.servers.PostgresVersion;
import dev.shoofly.servers.fixture.TestServers;
import java.sql.SQLException;
import java.util.List;

/** Foreign keys, views, a trigger, a policy, statistics, a deferrable name and an identity hang on the table. */
class PostgresForwardAgainIT extends ForwardAgainContract {
    @Override
    DatabaseServer server() {
        return TestServers.postgres(PostgresVersion.V17);
    }

    @Override
    OrdersTable table() {
        return OrdersTable.POSTGRES;
    }

    @Override
    void harden(MigrationFixture orders) throws SQLException {
        for (String statement : List.of(
                "DROP TABLE IF EXISTS regions, lines, audit CASCADE",
                "CREATE TABLE regions (id int PRIMARY KEY)",
                "INSERT INTO regions VALUES (1)",
                "ALTER TABLE orders ADD COLUMN region int DEFAULT 1 CONSTRAINT in_region REFERENCES regions",
                "ALTER TABLE orders ADD COLUMN number int GENERATED ALWAYS AS IDENTITY",
                "ALTER TABLE orders ADD CONSTRAINT one_note UNIQUE (note)",
                "ALTER TABLE orders ADD CONSTRAINT never CHECK (note <> 'never') NOT VALID",
                "CREATE STATISTICS together ON note, region FROM orders",
                "CREATE TABLE lines (order_id bigint CONSTRAINT of_order REFERENCES orders ON DELETE CASCADE"
                        + " ON UPDATE CASCADE)",
                "INSERT INTO lines SELECT id FROM orders WHERE id % 3 = 0",
                "CREATE VIEW noted AS SELECT id, note FROM orders",
                "CREATE MATERIALIZED VIEW many AS SELECT count(note) AS n FROM orders",
                "CREATE TABLE audit (id bigint)",
                "CREATE OR REPLACE FUNCTION audited() RETURNS trigger LANGUAGE plpgsql AS"
                        + " 'BEGIN INSERT INTO audit VALUES (NEW.id); RETURN NULL; END'",
                "CREATE TRIGGER audited AFTER INSERT OR UPDATE ON orders FOR EACH ROW EXECUTE FUNCTION audited()",
                "CREATE POLICY everybody ON orders USING (true)")) {
            orders.execute(statement);
        }
    }

    @Override
    void soften(MigrationFixture orders) throws SQLException {
        orders.execute("DROP TABLE IF EXISTS regions, lines, audit CASCADE");
    }

    @Override
    List<String> catalog(MigrationFixture orders) throws SQLException {
        return orders.texts("""
                SELECT format('column %s %s %s %s %s', a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull,
                              a.attidentity, pg_get_expr(d.adbin, d.adrelid)) AS line
                FROM pg_attribute a LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
                WHERE a.attrelid = 'orders'::regclass AND a.attnum > 0 AND NOT a.attisdropped
                UNION ALL SELECT indexdef FROM pg_indexes WHERE tablename = 'orders'
                UNION ALL SELECT format('constraint %s of %s %s %s', conname, conrelid::regclass, convalidated,
                                        pg_get_constraintdef(oid))
                FROM pg_constraint WHERE 'orders'::regclass IN (conrelid, confrelid)
                UNION ALL SELECT format('trigger %s %s', tgenabled, pg_get_triggerdef(oid)) FROM pg_trigger
                WHERE tgrelid = 'orders'::regclass AND NOT tgisinternal
                UNION ALL SELECT format('policy %s %s', policyname, qual) FROM pg_policies WHERE tablename = 'orders'
                UNION ALL SELECT 'view ' || pg_get_viewdef('noted'::regclass)
                UNION ALL SELECT 'statistics ' || stxname FROM pg_statistic_ext WHERE stxrelid = 'orders'::regclass
                UNION ALL SELECT format('sequences %s %s', pg_get_serial_sequence('orders', 'id'),
                                        pg_get_serial_sequence('orders', 'number'))
                UNION ALL SELECT format('owned by %s %s', relowner::regrole, relacl) FROM pg_class
                WHERE oid = 'orders'::regclass
                ORDER BY line""");
    }

    @Override
    List<String> named(MigrationFixture orders, MigrationId id) throws SQLException {
        return orders.texts(
                "SELECT relname FROM pg_class WHERE relkind IN ('r', 'm', 'v') AND relname LIKE '%" + id + "%'"
                        + " UNION ALL SELECT nspname FROM pg_namespace WHERE nspname LIKE '%" + id + "%'"
                        + " UNION ALL SELECT slot_name FROM pg_replication_slots WHERE slot_name LIKE '%" + id + "%'"
                        + " UNION ALL SELECT pubname FROM pg_publication WHERE pubname LIKE '%" + id + "%'");
    }
}
