package dev.shoofly.database.mysql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.shoofly.model.ErrorKind;
import dev.shoofly.model.MigrationPlan;
import dev.shoofly.model.RowKey;
import dev.shoofly.model.ShooflyException;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DataThatDoesNotFitIT {

    @ParameterizedTest(name = "{0} to {2}")
    @CsvSource(delimiter = '~', quoteCharacter = '`', textBlock = """
            INT          ~ 1000            ~ MODIFY c TINYINT                               ~ c
            VARCHAR(20)  ~ 'twelve chars'  ~ MODIFY c VARCHAR(5)                            ~ c
            INT          ~ NULL            ~ MODIFY c INT NOT NULL                          ~ c
            VARCHAR(20)  ~ 'x'             ~ CHANGE c d INT                                 ~ d
            VARCHAR(20)  ~ '日本'          ~ MODIFY c VARCHAR(20) CHARACTER SET latin1      ~ c
            VARCHAR(20)  ~ '2026-02-31'    ~ MODIFY c DATE                                  ~ c
            VARCHAR(20)  ~ '{'             ~ MODIFY c JSON                                  ~ c
            VARCHAR(20)  ~ 'z'             ~ MODIFY c ENUM('1','2')                         ~ c
            INT          ~ 1000            ~ ADD CONSTRAINT small_ones CHECK (c < 900)      ~ small_ones
            DATETIME     ~ '1960-01-01'    ~ MODIFY c TIMESTAMP NULL                        ~ c
            """)
    void theColumnAndTheFirstKeyAreNamed(String type, String value, String alter, String named) throws Exception {
        try (Bench bench = Bench.open()) {
            bench.sql("CREATE TABLE t (a INT, b INT, c " + type + ", PRIMARY KEY (a, b))");
            String fits =
                    alter.contains("DATE") ? "'2026-01-01'" : alter.contains("TIMESTAMP") ? "'2020-01-01'" : "'1'";
            for (int i = 0; i < 40; i++) {
                bench.sql("INSERT INTO t VALUES (1, " + i + ", " + (i == 23 || i == 31 ? value : fits) + ")");
            }
            MigrationPlan plan = bench.prepare("t", alter);
            assertThatThrownBy(() -> bench.copy(plan, 1_000))
                    .isInstanceOfSatisfying(
                            ShooflyException.class, e -> assertThat(e.kind()).isEqualTo(ErrorKind.DATA))
                    .hasMessageContaining("[a, b] = [1, 23]")
                    .hasMessageContaining(" " + named + " ");
            assertThatThrownBy(() -> bench.reconcile(plan, RowKey.of("1", "3"), RowKey.of("1", "31")))
                    .isInstanceOfSatisfying(
                            ShooflyException.class, e -> assertThat(e.kind()).isEqualTo(ErrorKind.DATA))
                    .hasMessageContaining("[a, b] = [1, 31]");
            assertThat(bench.value("SELECT COUNT(*) FROM t")).isEqualTo("40");
            assertThat(bench.rows("SELECT a FROM " + MySqlNames.quote(plan.shadow()) + " WHERE b = 31"))
                    .isEmpty();
        }
    }
}
