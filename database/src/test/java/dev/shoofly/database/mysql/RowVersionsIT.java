package dev.shoofly.database.mysql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.shoofly.database.NativeAlter;
import dev.shoofly.model.MigrationId;
import dev.shoofly.model.NativePlan;
import dev.shoofly.model.Strategy;
import dev.shoofly.model.TableName;
import java.sql.SQLException;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** After so many INSTANT changes of its columns the server has a table rebuilt; who plans for INSTANT must know before. */
class RowVersionsIT {
    private static final String NOT_PARTITIONED = "";
    private static final String PARTITIONED = "PARTITION BY HASH (id) PARTITIONS 2";
    private Bench bench;

    @BeforeEach
    void open() throws SQLException {
        bench = Bench.open();
    }

    @AfterEach
    void close() throws SQLException {
        bench.close();
    }

    /** The server counts each column that comes or goes. */
    private void createAndAlter(String partitions, int times) throws SQLException {
        bench.sql(
                "CREATE TABLE `a b_c` (id INT PRIMARY KEY, v INT, w INT) " + partitions,
                "INSERT INTO `a b_c` VALUES (1, 1, 1)",
                // Its counter must not be taken for the other's.
                "CREATE TABLE `a b` (id INT PRIMARY KEY)");
        for (int i = 0; i < times; i++) {
            bench.sql("ALTER TABLE `a b_c` " + (i % 2 == 0 ? "ADD COLUMN x INT" : "DROP COLUMN x")
                    + ", ALGORITHM = INSTANT");
        }
    }

    private NativeAlter.Assessment assess(String alter) {
        return bench.database()
                .nativeAlter()
                .assess(MigrationId.random(new Random()), new TableName(bench.schema(), "a b_c"), List.of(alter));
    }

    private static Strategy strategy(NativeAlter.Assessment found) {
        return found.plan().map(NativePlan::strategy).orElse(Strategy.SHADOW);
    }

    private void carryOut(NativeAlter.Assessment found) throws SQLException {
        bench.sql(found.plan().orElseThrow().steps().get(0).statements().get(0));
    }

    @ParameterizedTest
    @ValueSource(strings = {NOT_PARTITIONED, PARTITIONED})
    void fromTheFiftiethOnThereIsAWarning(String partitions) throws SQLException {
        createAndAlter(partitions, 48);
        NativeAlter.Assessment before = assess("ADD COLUMN y INT");
        assertThat(strategy(before)).isEqualTo(Strategy.INSTANT);
        assertThat(before.warnings()).isEmpty();
        carryOut(before);
        NativeAlter.Assessment fiftieth = assess("DROP COLUMN y");
        assertThat(strategy(fiftieth)).isEqualTo(Strategy.INSTANT);
        assertThat(fiftieth.warnings())
                .containsExactly("this is change number 50 of that kind since the table was last rebuilt; after 64 it"
                        + " must be rebuilt, which --strategy shadow does without stopping anybody");
    }

    @ParameterizedTest
    @ValueSource(strings = {NOT_PARTITIONED, PARTITIONED})
    void afterTheSixtyFourthItIsRebuilt(String partitions) throws SQLException {
        createAndAlter(partitions, 63);
        NativeAlter.Assessment last = assess("ADD COLUMN y INT");
        assertThat(strategy(last)).isEqualTo(Strategy.INSTANT);
        assertThat(last.warnings()).singleElement().asString().contains("change number 64 ");
        carryOut(last);

        assertThatThrownBy(() -> bench.sql("ALTER TABLE `a b_c` ADD COLUMN z INT, ALGORITHM = INSTANT"))
                .isInstanceOfSatisfying(
                        SQLException.class, e -> assertThat(e.getErrorCode()).isEqualTo(4092));
        NativeAlter.Assessment next = assess("ADD COLUMN z INT");
        assertThat(strategy(next)).isEqualTo(Strategy.ONLINE);
        assertThat(next.reasons())
                .containsExactly(
                        "the server rebuilds the table while it is read and written (ALGORITHM=INPLACE, LOCK=NONE)",
                        "the table has had 64 changes of that kind since it was last rebuilt, of 64 that are possible");
        NativeAlter.Assessment other = assess("ALTER COLUMN v SET DEFAULT 5");
        assertThat(strategy(other)).as("what makes no version").isEqualTo(Strategy.INSTANT);
        assertThat(other.warnings()).isEmpty();

        carryOut(next);
        NativeAlter.Assessment anew = assess("ADD COLUMN zz INT");
        assertThat(strategy(anew)).as("once it is rebuilt").isEqualTo(Strategy.INSTANT);
        assertThat(anew.warnings()).isEmpty();
        assertThat(bench.rows("SELECT id, v, w FROM `a b_c`")).containsExactly("1|1|1");
    }
}
