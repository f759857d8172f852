package dev.shoofly.capture.event;

import static org.assertj.core.api.Assertions.assertThat;

import dev.shoofly.model.TableName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class DmlTextTest {
    private final DmlText dml = new DmlText(new TableName("shop", "orders"));

    @ParameterizedTest
    @ValueSource(
            strings = {
                "INSERT INTO orders VALUES (1)",
                "insert ignore `shop`.`orders` (id) values (1)",
                "REPLACE LOW_PRIORITY INTO orders SELECT * FROM items",
                "UPDATE items JOIN orders USING (id) SET orders.x = 1",
                "/* a */ DELETE FROM orders",
                "WITH n AS (SELECT 1) UPDATE orders, n SET x = 1",
                "LOAD DATA INFILE 'f' INTO TABLE orders",
                "CALL refresh(orders)"
            })
    void seesChangesOfTheSource(String statement) {
        assertThat(dml.changes(statement, true)).isTrue();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "INSERT INTO items SELECT * FROM orders",
                "INSERT INTO items VALUES ('orders'), ('it''s orders'), (\"orders\")",
                "UPDATE items SET x = 'orders' WHERE y = 'DELETE FROM orders'",
                "DELETE /* orders */ FROM items",
                "DELETE FROM orders_archive",
                "UPDATE other.orders SET x = 1",
                "CREATE VIEW v AS SELECT * FROM orders",
                "GRANT UPDATE ON orders TO somebody"
            })
    void leavesOtherTablesAlone(String statement) {
        assertThat(dml.changes(statement, true)).isFalse();
    }

    @Test
    void takesABareNameForTheSourceInItsOwnSchemaOnly() {
        assertThat(dml.changes("UPDATE orders SET x = 1", false)).isFalse();
        assertThat(dml.changes("UPDATE shop.orders SET x = 1", false)).isTrue();
    }
}
