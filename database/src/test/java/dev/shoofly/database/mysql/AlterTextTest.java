package dev.shoofly.database.mysql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.shoofly.model.ErrorKind;
import dev.shoofly.model.ShooflyException;
import dev.shoofly.model.TableName;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class AlterTextTest {
    private static final TableName SOURCE = new TableName("shop", "orders");
    private static final TableName SHADOW = new TableName("shop", "_orders_x_new");

    private static Map<String, String> origins(List<String> columns, String... alters) {
        return AlterText.origins(
                columns,
                Stream.of(alters)
                        .map(text -> AlterText.parse(text, SOURCE, SHADOW).orElseThrow())
                        .toList());
    }

    @Test
    void renamedAndChangedColumnsKeepTheirOrigin() {
        assertThat(
                        origins(
                                List.of("Id", "a", "b", "c"),
                                "CHANGE COLUMN `a` `a``1` BIGINT NOT NULL COMMENT 'x, RENAME COLUMN b TO q', RENAME COLUMN B TO bb"))
                .containsExactlyInAnyOrderEntriesOf(Map.of("id", "id", "a`1", "a", "bb", "b", "c", "c"));
    }

    @Test
    void namesAreExchangedWithinOneStatementAndFollowedThroughSeveral() {
        assertThat(origins(
                        List.of("a", "b", "c"),
                        "RENAME COLUMN a TO b, RENAME COLUMN b TO a",
                        "change a z int",
                        "drop c, rename column z to c"))
                .containsExactlyInAnyOrderEntriesOf(Map.of("b", "a", "c", "b"));
    }

    @Test
    void isTakenApartAtTheCommasBetweenItsClauses() {
        assertThat(AlterText.clauses(
                        "ADD COLUMN (a decimal(10,2), b int COMMENT 'x, y'), MODIFY `c,d` ENUM('😀','z') NOT NULL /* , */,"
                                + " ADD INDEX (a, b), COMMENT='t, u' ROW_FORMAT=DYNAMIC",
                        SOURCE))
                .contains(List.of(
                        "ADD COLUMN (a decimal(10,2), b int COMMENT 'x, y')",
                        "MODIFY `c,d` ENUM('😀','z') NOT NULL",
                        "ADD INDEX (a, b)",
                        "COMMENT='t, u' ROW_FORMAT=DYNAMIC"));
        assertThat(AlterText.clauses("CREATE INDEX i ON orders (a, b)", SOURCE))
                .contains(List.of("CREATE INDEX i ON orders (a, b)"));
        assertThat(AlterText.clauses("ADD COLUMN a int PARTITION BY HASH (id)", SOURCE))
                .isEmpty();
        assertThat(AlterText.words("MODIFY `C``d` int")).containsExactly("modify", "c`d", "int");
    }

    @Test
    void aColumnDroppedAndAddedAgainIsANewOne() {
        assertThat(origins(List.of("id", "a"), "DROP COLUMN a, ADD COLUMN a JSON"))
                .containsOnlyKeys("id");
        assertThat(origins(List.of("id", "a"), "DROP a", "ADD a INT")).containsOnlyKeys("id");
    }

    @Test
    void droppingOtherThingsDropsNoColumn() {
        assertThat(origins(
                        List.of("id", "a"),
                        "DROP INDEX a, DROP PRIMARY KEY, ALTER COLUMN a DROP DEFAULT, ALTER INDEX i INVISIBLE",
                        "ENGINE=InnoDB",
                        "CONVERT TO CHARACTER SET utf8mb4",
                        "RENAME INDEX id TO a"))
                .containsOnlyKeys("id", "a");
    }

    @ParameterizedTest
    @ValueSource(strings = {"RENAME TO other", "rename as other", "ADD COLUMN x INT, RENAME other"})
    void renamingTheTableIsRefused(String alter) {
        assertThatThrownBy(() -> AlterText.parse(alter, SOURCE, SHADOW).ifPresent(parsed -> {
                    throw new AssertionError(parsed.statement());
                }))
                .isInstanceOfSatisfying(
                        ShooflyException.class, e -> assertThat(e.kind()).isEqualTo(ErrorKind.REFUSED))
                .hasMessageContaining("renames the table");
    }

    @ParameterizedTest
    @ValueSource(strings = {"TRUNCATE PARTITION p0", "DROP PARTITION p0", "EXCHANGE PARTITION p WITH TABLE t"})
    void whatMovesRowsWithoutATraceIsRefused(String alter) {
        assertThatThrownBy(() -> AlterText.parse(alter, SOURCE, SHADOW)).hasMessageContaining("cannot be followed");
    }

    @ParameterizedTest
    @ValueSource(strings = {"ANALYZE PARTITION p0", "REBUILD PARTITION ALL", "OPTIMIZE PARTITION p0, p1"})
    void whatChangesNoDefinitionIsRefused(String alter) {
        assertThatThrownBy(() -> AlterText.parse(alter, SOURCE, SHADOW))
                .hasMessageContaining("leaves the definition as it is. Run it yourself");
    }

    @Test
    void anIndexIsCreatedOnTheShadow() {
        assertThat(AlterText.parse("CREATE UNIQUE INDEX `😀 on t` ON orders (a, (lower(b)) DESC)", SOURCE, SHADOW)
                        .orElseThrow()
                        .statement())
                .isEqualTo("CREATE UNIQUE INDEX `😀 on t` ON `shop`.`_orders_x_new` (a, (lower(b)) DESC)");
        assertThat(AlterText.parse("create index i on `shop`.`orders`(a)", SOURCE, SHADOW)
                        .orElseThrow()
                        .statement())
                .isEqualTo("create index i on `shop`.`_orders_x_new`(a)");
        assertThatThrownBy(() -> AlterText.parse("CREATE INDEX i ON items (a)", SOURCE, SHADOW))
                .hasMessageContaining("about the table shop.items");
    }

    @Test
    void whatTheGrammarDoesNotUnderstandIsNotGuessedAt() {
        assertThat(AlterText.parse("ADD COLUMN", SOURCE, SHADOW)).isEmpty();
        assertThat(AlterText.parse("ADD COLUMN a INT; DROP TABLE orders", SOURCE, SHADOW))
                .isEmpty();
        assertThat(AlterText.parse("RENAME = `other`", SOURCE, SHADOW)).isEmpty();
        assertThat(AlterText.parse("DISCARD TABLESPACE", SOURCE, SHADOW)).isEmpty();
        assertThat(AlterText.parse("REMOVE PARTITIONING", SOURCE, SHADOW).map(AlterText::statement))
                .contains("ALTER TABLE `shop`.`_orders_x_new` REMOVE PARTITIONING");
        assertThat(AlterText.parse("CREATE TABLE x (a INT)", SOURCE, SHADOW)).isEmpty();
    }
}
