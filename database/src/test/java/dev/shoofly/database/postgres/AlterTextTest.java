package dev.shoofly.database.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.shoofly.model.ShooflyException;
import dev.shoofly.model.TableName;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class AlterTextTest {
    private static final TableName ORDERS = new TableName("public", "orders");

    private static AlterText parse(String text) {
        return AlterText.parse(text, ORDERS, "twin", Set.of());
    }

    @Test
    void aComputedColumnIsRetypedWithoutACast() {
        assertThat(AlterText.parse(
                                "ALTER TABLE orders ALTER a TYPE int, ALTER COLUMN \"B b\" SET DATA TYPE numeric(9,2)"
                                        + " COLLATE \"C\", ALTER c TYPE text, ALTER a SET NOT NULL, ADD type int;",
                                ORDERS,
                                "twin",
                                Set.of("a", "B b", "type"))
                        .sql())
                .isEqualTo(
                        "ALTER TABLE twin ALTER a TYPE int USING NULL, ALTER COLUMN \"B b\" SET DATA TYPE numeric(9,2)"
                                + " COLLATE \"C\" USING NULL, ALTER c TYPE text, ALTER a SET NOT NULL, ADD type int");
        assertThatThrownBy(() -> AlterText.parse("ALTER a TYPE int USING b", ORDERS, "twin", Set.of("a")))
                .hasMessageContaining("leave one out");
    }

    @Test
    void findsTheUsingExpressionOfEachActionWhateverItHolds() {
        AlterText alter = parse(
                "ALTER a TYPE text USING f(a, 'x, USING'), alter COLUMN \"B b\" SET DATA TYPE numeric(9,2)"
                        + " COLLATE \"C\" USING (CASE WHEN \"B b\" > $$,$$ THEN E'\\',' END) /* , /* ; */ USING */, ADD c int");
        assertThat(alter.retypes())
                .containsExactly(
                        new AlterText.Retype("a", "f(a, 'x, USING')"),
                        new AlterText.Retype("B b", "(CASE WHEN \"B b\" > $$,$$ THEN E'\\',' END)"));
    }

    @Test
    void pointsAWholeStatementAtTheTwin() {
        assertThat(parse("ALTER TABLE IF EXISTS ONLY \"public\" . Orders ADD x int ;")
                        .sql())
                .isEqualTo("ALTER TABLE twin ADD x int");
        assertThat(parse(
                                "create unique index concurrently if not exists \"on\" on only orders using btree (a) where a > 0")
                        .sql())
                .isEqualTo("CREATE UNIQUE INDEX if not exists \"on\" ON twin using btree (a) where a > 0");
        assertThat(parse("CREATE INDEX ON public.orders (a)").sql()).isEqualTo("CREATE INDEX ON twin (a)");
    }

    @Test
    void columnsMayBeCalledLikeKeywords() {
        assertThat(parse("ALTER restart TYPE int, RENAME_ME int").retypes()).isEmpty();
        assertThat(parse("ALTER type TYPE int USING type::int").retypes())
                .containsExactly(new AlterText.Retype("type", "type::int"));
        assertThat(parse("ADD COLUMN owner text DEFAULT ';'").sql())
                .isEqualTo("ALTER TABLE twin ADD COLUMN owner text DEFAULT ';'");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "rename  TO x",
                "ADD a int; DROP TABLE orders",
                "ADD a int, /* */ Set Schema x",
                "ALTER id RESTART WITH 1",
                "ALTER TABLE other ADD a int",
                "CREATE INDEX i ON other (a)",
                "CREATE VIEW v AS SELECT 1",
                "ATTACH PARTITION p DEFAULT",
                "COMMENT ON COLUMN orders.a IS 'x'",
                "drop index if exists by_a",
                "ALTER INDEX by_a RENAME TO by_b",
                " ; ",
            })
    void refusesWhatAMigrationMustNotDo(String text) {
        assertThatThrownBy(() -> parse(text)).isInstanceOf(ShooflyException.class);
    }
}
