package dev.shoofly.capture.event;

import static org.assertj.core.api.Assertions.assertThat;

import dev.shoofly.capture.Plans;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class DdlTextTest {
    private final DdlText ddl = new DdlText(Plans.ofTable("shop", "orders"));

    @ParameterizedTest
    @ValueSource(
            strings = {
                "ALTER TABLE orders ADD COLUMN x int",
                "alter table `shop`.`orders` add x int",
                "ALTER TABLE shop . orders RENAME TO elsewhere",
                "RENAME TABLE orders TO elsewhere",
                "CREATE UNIQUE INDEX i ON orders (x)",
                "CREATE INDEX i\nON `orders`(x)",
                "DROP INDEX i ON shop.orders",
                "DROP TABLE IF EXISTS orders",
                "/* by hand */ ALTER TABLE orders COMMENT 'x'"
            })
    void seesChangesOfTheSource(String statement) {
        assertThat(ddl.changesSource(statement)).isTrue();
        assertThat(ddl.renamesAmongOurs(statement)).isFalse();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "ALTER TABLE orders_archive ADD COLUMN x int",
                "ALTER TABLE `orders$2` ADD x int",
                "CREATE INDEX i ON other.orders (x)",
                "CREATE TABLE copy LIKE orders",
                "CREATE INDEX orders ON items (x)",
                "ALTER TABLE _orders_abcdefgh_new ADD KEY (x)"
            })
    void leavesOtherTablesAlone(String statement) {
        assertThat(ddl.changesSource(statement)).isFalse();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "RENAME TABLE `shop`.`orders` TO `shop`.`_orders_abcdefgh_old`",
                "RENAME TABLE `shop`.`_orders_abcdefgh_new` TO `shop`.`orders`",
                "rename table _orders_abcdefgh_old to orders"
            })
    void knowsTheSwap(String statement) {
        assertThat(ddl.renamesAmongOurs(statement)).isTrue();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "RENAME TABLE orders TO elsewhere",
                "RENAME TABLE elsewhere TO orders",
                "RENAME TABLE orders TO _orders_abcdefgh_older"
            })
    void knowsAnotherRenamingFromTheSwap(String statement) {
        assertThat(ddl.renamesAmongOurs(statement)).isFalse();
    }
}
