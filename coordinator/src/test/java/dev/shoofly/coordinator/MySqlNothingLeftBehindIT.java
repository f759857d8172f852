package dev.shoofly.coordinator;

import dev.shoofly.coordinator.picture.MySqlPicture;
import dev.shoofly.coordinator.picture.Picture;
import dev.shoofly.model.MigrationId;
import dev.shoofly.servers.DatabaseServer;
import dev.shoofly.servers.fixture.TestServers;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;

/** Foreign keys, triggers and what names the table. */
class MySqlNothingLeftBehindIT extends NothingLeftBehindContract {
    @Override
    DatabaseServer start() {
        return TestServers.dedicatedMySql(Map.of());
    }

    @Override
    OrdersTable table() {
        return OrdersTable.MYSQL;
    }

    @Override
    List<String> attachments() {
        return List.of(
                "CREATE USER clerk",
                "CREATE TABLE regions (id int PRIMARY KEY)",
                "INSERT INTO regions VALUES (1)",
                "ALTER TABLE orders ADD COLUMN region int DEFAULT 1,"
                        + " ADD CONSTRAINT in_region FOREIGN KEY (region) REFERENCES regions (id),"
                        + " ADD CHECK (note <> 'never'), COMMENT 'what is ordered'",
                "CREATE TABLE order_lines (order_id bigint, CONSTRAINT of_order FOREIGN KEY (order_id)"
                        + " REFERENCES orders (id) ON DELETE CASCADE)",
                "INSERT INTO order_lines SELECT id FROM orders",
                "CREATE VIEW noted AS SELECT id, note FROM orders",
                "CREATE TABLE audit (n bigint AUTO_INCREMENT PRIMARY KEY, what varchar(150))",
                "CREATE TRIGGER added AFTER INSERT ON orders FOR EACH ROW INSERT INTO audit (what)"
                        + " VALUES (CONCAT('added ', NEW.id, ' ', NEW.note))",
                "CREATE TRIGGER changed AFTER UPDATE ON orders FOR EACH ROW INSERT INTO audit (what)"
                        + " VALUES (CONCAT('changed ', NEW.id, ' ', NEW.note))",
                "CREATE PROCEDURE tidy() DELETE FROM orders WHERE note = 'untidy'",
                "CREATE EVENT tidying ON SCHEDULE EVERY 1 YEAR STARTS '2040-01-01' DISABLE DO DELETE FROM orders WHERE note = 'untidy'",
                "GRANT SELECT, UPDATE (note) ON orders TO clerk",
                "GRANT TRIGGER ON shop.* TO clerk");
    }

    @Override
    List<String> removal() {
        return List.of(
                "DROP EVENT IF EXISTS tidying",
                "DROP PROCEDURE IF EXISTS tidy",
                "DROP VIEW IF EXISTS noted",
                "DROP TABLE IF EXISTS order_lines",
                "DROP TABLE IF EXISTS orders",
                "DROP TABLE IF EXISTS regions, audit",
                "DROP USER IF EXISTS clerk");
    }

    @Override
    Picture picture(Connection connection) throws SQLException {
        return MySqlPicture.of(connection);
    }

    @Override
    String dropKeptByHand(MigrationId id) {
        return "DROP TABLE _orders_" + id + "_undone";
    }
}
