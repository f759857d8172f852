package dev.shoofly.coordinator;

import static org.assertj.core.api.Assertions.assertThat;

import dev.shoofly.coordinator.picture.Picture;
import dev.shoofly.coordinator.picture.PostgresPicture;
import dev.shoofly.model.MigrationId;
import dev.shoofly.servers.DatabaseServer;
import dev.shoofly.servers.PostgresVersion;
import dev.shoofly.servers.fixture.TestServers;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

class PostgresNothingLeftBehindIT extends NothingLeftBehindContract {
    private static final String OTHERS =
            "SELECT string_agg(concat_ws(' ', application_name, backend_type, state, query), '; ')"
                    + " FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND backend_type IN ('client backend', 'walsender')";

    @Override
    DatabaseServer start() {
        return TestServers.dedicatedPostgres(PostgresVersion.V17, Map.of());
    }

    @Override
    OrdersTable table() {
        return OrdersTable.POSTGRES;
    }

    @Override
    List<String> attachments() {
        return List.of(
                "CREATE ROLE clerk",
                "CREATE TABLE regions (id int PRIMARY KEY)",
                "INSERT INTO regions VALUES (1)",
                "ALTER TABLE orders ADD COLUMN region int DEFAULT 1 CONSTRAINT in_region REFERENCES regions",
                "CREATE TABLE lines (order_id bigint CONSTRAINT of_order REFERENCES orders ON DELETE CASCADE)",
                "INSERT INTO lines SELECT id FROM orders",
                "CREATE VIEW noted AS SELECT id, note FROM orders",
                "CREATE MATERIALIZED VIEW summed AS SELECT note, count(*) AS n FROM orders GROUP BY note",
                "CREATE TABLE audit (id bigint, note text)",
                "CREATE FUNCTION audited() RETURNS trigger LANGUAGE plpgsql AS"
                        + " 'BEGIN INSERT INTO audit VALUES (NEW.id, NEW.note); RETURN NULL; END'",
                "CREATE TRIGGER audited AFTER INSERT OR UPDATE ON orders FOR EACH ROW EXECUTE FUNCTION audited()",
                "ALTER TABLE orders ADD CONSTRAINT sane CHECK (id > 0), ENABLE ROW LEVEL SECURITY,"
                        + " SET (fillfactor = 90, autovacuum_vacuum_scale_factor = 0.1),"
                        + " ALTER COLUMN note SET STATISTICS 200, ALTER COLUMN note SET STORAGE EXTERNAL",
                "CREATE POLICY everybody ON orders USING (region > 0)",
                "CREATE STATISTICS related ON note, region FROM orders",
                "CREATE PUBLICATION theirs FOR TABLE orders (id, note)",
                "GRANT SELECT, UPDATE (note) ON orders TO clerk",
                "GRANT USAGE ON SEQUENCE orders_id_seq TO clerk",
                "COMMENT ON TABLE orders IS 'what is ordered'",
                "COMMENT ON COLUMN orders.note IS 'a note'",
                "COMMENT ON INDEX notes IS 'by note'",
                "COMMENT ON CONSTRAINT sane ON orders IS 'of course'",
                "COMMENT ON TRIGGER audited ON orders IS 'who did it'");
    }

    @Override
    List<String> removal() {
        return List.of(
                "DROP PUBLICATION IF EXISTS theirs",
                "DROP TABLE IF EXISTS orders, lines, regions, audit CASCADE",
                "DROP FUNCTION IF EXISTS audited",
                "DROP ROLE IF EXISTS clerk");
    }

    @Override
    Picture picture(Connection connection) throws SQLException {
        awaitAlone(connection);
        return PostgresPicture.of(connection);
    }

    /** A session that ends takes with it what was temporary. */
    private static void awaitAlone(Connection connection) throws SQLException {
        long giveUpAt = System.nanoTime() + Duration.ofSeconds(60).toNanos();
        try (Statement statement = connection.createStatement()) {
            String others = others(statement);
            while (others != null) {
                assertThat(System.nanoTime()).as(others).isLessThan(giveUpAt);
                LockSupport.parkNanos(20_000_000);
                others = others(statement);
            }
        }
    }

    private static @Nullable String others(Statement statement) throws SQLException {
        try (ResultSet row = statement.executeQuery(OTHERS)) {
            row.next();
            return row.getString(1);
        }
    }

    /** Of a column that nothing else uses: the server does not retype another. */
    @Override
    List<String> tooShort() {
        return List.of("ALTER COLUMN legacy TYPE smallint");
    }

    @Override
    String aRowTooLong() {
        return "UPDATE orders SET legacy = 70000 WHERE id = 1234";
    }

    @Override
    String dropKeptByHand(MigrationId id) {
        return "DROP TABLE _orders_" + id + "_undone";
    }
}
