package dev.shoofly.coordinator;

import static org.assertj.core.api.Assertions.assertThat;

import java.sql.SQLException;
import java.util.List;

/** Foreign keys from {@code orders} and to it, and triggers that write down each change of it. */
final class MySqlAttachments {
    private static final List<String> GONE = List.of(
            "DROP TABLE IF EXISTS order_lines",
            "ALTER TABLE orders DROP FOREIGN KEY in_region",
            "DROP TABLE regions",
            "DROP TABLE audit");

    private MySqlAttachments() {}

    static void hangOn(MigrationFixture fixture) throws SQLException {
        for (String statement : List.of(
                "DROP TABLE IF EXISTS order_lines, audit, regions",
                "CREATE TABLE regions (id int PRIMARY KEY)",
                "INSERT INTO regions VALUES (1)",
                "ALTER TABLE orders ADD COLUMN region int DEFAULT 1,"
                        + " ADD CONSTRAINT in_region FOREIGN KEY (region) REFERENCES regions (id)",
                "CREATE TABLE order_lines (order_id bigint, CONSTRAINT of_order FOREIGN KEY (order_id)"
                        + " REFERENCES orders (id) ON DELETE CASCADE ON UPDATE CASCADE)",
                "INSERT INTO order_lines SELECT id FROM orders",
                "CREATE TABLE audit (n bigint AUTO_INCREMENT PRIMARY KEY, what varchar(150))",
                "CREATE TRIGGER added AFTER INSERT ON orders FOR EACH ROW INSERT INTO audit (what)"
                        + " VALUES (CONCAT('added ', NEW.id, ' ', NEW.note))",
                "CREATE TRIGGER changed AFTER UPDATE ON orders FOR EACH ROW INSERT INTO audit (what)"
                        + " VALUES (CONCAT('changed ', NEW.id, ' ', NEW.note))",
                "CREATE TRIGGER gone BEFORE DELETE ON orders FOR EACH ROW INSERT INTO audit (what)"
                        + " VALUES (CONCAT('gone ', OLD.id, ' ', OLD.note))")) {
            fixture.execute(statement);
        }
    }

    /** Every write of an application with its trigger, once; nothing of ours; every reference in force. */
    static void check(MigrationFixture fixture, RecordedWriters writers) throws SQLException {
        assertThat(fixture.texts("SELECT what FROM audit ORDER BY what").stream()
                        .sorted()
                        .toList())
                .as("what the triggers saw")
                .isEqualTo(writers.effects());
        assertThat(fixture.texts(
                        "SELECT CONCAT(trigger_name, ' on ', event_object_table) FROM information_schema.triggers"
                                + " WHERE trigger_schema = 'shop' ORDER BY 1"))
                .containsExactly("added on orders", "changed on orders", "gone on orders");
        assertThat(
                        fixture.texts(
                                "SELECT CONCAT(constraint_name, ' of ', table_name, ' to ', referenced_table_name)"
                                        + " FROM information_schema.referential_constraints WHERE constraint_schema = 'shop' ORDER BY 1"))
                .containsExactly("in_region of orders to regions", "of_order of order_lines to orders");
        assertThat(fixture.texts("SELECT order_id FROM order_lines WHERE order_id NOT IN (SELECT id FROM orders)"))
                .as("a cascade that was missed")
                .isEmpty();
    }

    /** On a server that others share. */
    static void takeAway(MigrationFixture fixture) throws SQLException {
        for (String statement : GONE) {
            fixture.execute(statement);
        }
    }
}
