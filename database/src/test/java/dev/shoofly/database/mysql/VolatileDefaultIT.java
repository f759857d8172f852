package dev.shoofly.database.mysql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.shoofly.database.NativeAlter;
import dev.shoofly.model.ErrorKind;
import dev.shoofly.model.MigrationId;
import dev.shoofly.model.ShooflyException;
import dev.shoofly.model.TableName;
import java.sql.SQLException;
import java.util.List;
import java.util.Random;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A default that is another value each time cannot be a new column's; what is said instead leads there. */
class VolatileDefaultIT {
    private static final String ADD = "ADD COLUMN x CHAR(36) NOT NULL DEFAULT (UUID())";
    private Bench bench;

    @BeforeEach
    void open() throws SQLException {
        bench = Bench.open();
        bench.sql("CREATE TABLE t (id INT PRIMARY KEY)", "INSERT INTO t VALUES (1), (2)");
    }

    @AfterEach
    void close() throws SQLException {
        bench.close();
    }

    private NativeAlter.Assessment assess(String alter) {
        return bench.database()
                .nativeAlter()
                .assess(MigrationId.random(new Random()), new TableName(bench.schema(), "t"), List.of(alter));
    }

    private static void isRefused(ThrowingCallable attempt) {
        assertThatThrownBy(attempt)
                .isInstanceOfSatisfying(
                        ShooflyException.class, e -> assertThat(e.kind()).isEqualTo(ErrorKind.REFUSED))
                .hasMessageContainingAll(
                        "Statement is unsafe",
                        "The table itself was not touched. A new column's default must give every server the same values",
                        "ADD COLUMN without this default, NULL allowed; ALTER COLUMN … SET DEFAULT (…)",
                        "fill the old rows with UPDATEs of some thousand rows",
                        "MODIFY the column.");
    }

    @Test
    void isRefusedWithWhatToDoInstead() throws SQLException {
        isRefused(() -> assess(ADD));
        isRefused(() -> bench.prepare("t", ADD));
        for (String step : List.of("ADD COLUMN x CHAR(36) NULL", "ALTER COLUMN x SET DEFAULT (UUID())")) {
            carryOut(step);
        }
        bench.sql("INSERT INTO t (id) VALUES (3)", "UPDATE t SET x = UUID() WHERE x IS NULL");
        carryOut("MODIFY x CHAR(36) NOT NULL DEFAULT (UUID())");
        bench.sql("INSERT INTO t (id) VALUES (4)");
        assertThat(bench.rows("SELECT count(DISTINCT x) FROM t")).containsExactly("4");
    }

    private void carryOut(String alter) throws SQLException {
        bench.sql(assess(alter).plan().orElseThrow().steps().get(0).statements().get(0));
    }
}
