package dev.shoofly.database.mysql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.shoofly.database.replay.Comparison.Result;
import dev.shoofly.database.replay.Judgement;
import dev.shoofly.database.replay.Read;
import dev.shoofly.database.replay.ReadReplay;
import dev.shoofly.database.replay.ReplayDialect;
import dev.shoofly.database.replay.ReplayDialect.Sample;
import dev.shoofly.database.replay.Table;
import dev.shoofly.model.MigrationPlan;
import dev.shoofly.model.RowKey;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import org.assertj.core.api.SoftAssertions;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Which statements may be asked of both tables, and whether their answers are the same. */
class ReadsIT {
    @SuppressWarnings("NullAway.Init")
    private Bench bench;

    @SuppressWarnings("NullAway.Init")
    private MigrationPlan plan;

    @SuppressWarnings("NullAway.Init")
    private ReadReplay replay;

    @BeforeEach
    void twoTables() throws SQLException {
        bench = Bench.open();
        bench.sql(
                "CREATE TABLE orders (id bigint PRIMARY KEY AUTO_INCREMENT, note varchar(100) NOT NULL, amount decimal(10,2),"
                        + " legacy int DEFAULT 0, hint varchar(20), at datetime DEFAULT now(), code binary(4) DEFAULT 'ab',"
                        + " KEY notes (note))",
                "CREATE TABLE customers (id int PRIMARY KEY, name varchar(20))",
                "INSERT INTO customers VALUES (1, 'c1'), (2, 'c2'), (3, 'c3')",
                "INSERT INTO orders (id, note, amount) WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n"
                        + " WHERE i < 900) SELECT i, concat('note ', i % 50), i / 4 FROM n",
                "CREATE VIEW cheap AS SELECT id, note FROM orders WHERE amount < 10",
                "CREATE FUNCTION sneaky() RETURNS int DETERMINISTIC MODIFIES SQL DATA RETURN 1",
                // Declared otherwise than it is.
                "CREATE FUNCTION writes() RETURNS int DETERMINISTIC NO SQL BEGIN DELETE FROM customers; RETURN 1; END",
                "CREATE FUNCTION honest(n int) RETURNS int DETERMINISTIC NO SQL RETURN n",
                "ANALYZE TABLE orders");
        plan = bench.prepare(
                "orders",
                "MODIFY amount decimal(14,4), DROP COLUMN legacy, ADD COLUMN status varchar(10) DEFAULT 'new',"
                        + " RENAME COLUMN hint TO remark, MODIFY at datetime(6)");
        bench.copy(plan, 500);
        bench.sql("ANALYZE TABLE " + MySqlNames.quote(plan.shadow()));
        replay = ReadReplay.open(bench.database().reads(plan), Duration.ofSeconds(10));
    }

    @AfterEach
    void close() throws Exception {
        replay.close();
        bench.close();
    }

    @Test
    void whatDoesMoreThanReadIsRefusedAndNotRun() throws SQLException {
        SoftAssertions all = new SoftAssertions();
        for (String statement : List.of(
                "DELETE FROM orders",
                "UPDATE orders SET note = 'x'",
                "INSERT INTO orders (note) VALUES ('x')",
                "INSERT INTO orders (note) SELECT note FROM orders",
                "REPLACE INTO orders (note) VALUES ('x')",
                "TRUNCATE orders",
                "DROP TABLE orders",
                "CALL nothing()",
                "DO SLEEP(1)",
                "HANDLER orders OPEN",
                "LOCK TABLES orders READ",
                "SET @x = (SELECT count(*) FROM orders)",
                "EXPLAIN ANALYZE SELECT * FROM orders",
                "SELECT 1 FROM orders; DELETE FROM orders",
                "WITH o AS (SELECT id FROM orders) DELETE FROM orders WHERE id IN (SELECT id FROM o)",
                "SELECT * FROM orders INTO OUTFILE '/tmp/x'",
                "SELECT note FROM orders LIMIT 1 INTO DUMPFILE '/tmp/x'",
                "SELECT note INTO @x FROM orders LIMIT 1",
                "SELECT @x := id FROM orders",
                "SELECT * FROM orders WHERE id = @x",
                "SELECT * FROM orders FOR UPDATE",
                "SELECT * FROM orders FOR SHARE SKIP LOCKED",
                "SELECT * FROM orders LOCK IN SHARE MODE",
                "SELECT id FROM orders WHERE id IN (SELECT id FROM orders FOR UPDATE)",
                "SELECT GET_LOCK('a', 1) FROM orders",
                "SELECT release_lock ('a') FROM orders",
                "SELECT SLEEP(1) FROM orders",
                "SELECT BENCHMARK(10, id) FROM orders",
                "SELECT LAST_INSERT_ID(5) FROM orders",
                "SELECT LOAD_FILE('/etc/passwd') FROM orders",
                "SELECT * FROM orders ORDER BY RAND()",
                "SELECT UUID() FROM orders",
                "SELECT sneaky() FROM orders",
                "SELECT `sneaky` () FROM orders",
                "SELECT /*!50000 SLEEP(1), */ id FROM orders",
                "SELECT /*+ SET_VAR(sql_mode = '') */ id FROM orders",
                "SELECT * FROM orders WHERE id = ?",
                "SELECT * FROM",
                "")) {
            all.assertThat(replay.judge(statement)).as(statement).isInstanceOf(Judgement.Refused.class);
        }
        all.assertAll();
        assertThat(bench.value("SELECT count(*) FROM orders")).isEqualTo("900");
    }

    @Test
    void answersOfEqualTablesAreTheSame() {
        SoftAssertions all = new SoftAssertions();
        String schema = bench.schema();
        for (String statement : List.of(
                "SELECT count(*) FROM orders",
                "SELECT id, note, amount, at, code FROM orders WHERE id = 17",
                "select o.amount from " + schema + ".orders o where o.note = 'note 7' -- the last word: orders",
                "SELECT orders.id AS orders, 'orders' FROM orders WHERE note LIKE '%orders%' OR id < 5 # orders",
                "SELECT " + schema + ".orders.id FROM " + schema + ".`orders` WHERE id < 4",
                "SELECT * FROM (SELECT id FROM orders WHERE amount > 100) AS orders",
                "WITH big AS (SELECT id, note FROM orders WHERE amount > 10) SELECT count(*) FROM big, orders"
                        + " WHERE big.id = orders.id",
                "SELECT a.id, b.id FROM orders a JOIN orders b USING (note) WHERE a.id < 20",
                "SELECT note, sum(amount), avg(amount) FROM orders GROUP BY note HAVING count(*) > 1",
                "SELECT id FROM orders ORDER BY note, id DESC LIMIT 10",
                "SELECT id FROM orders USE INDEX (notes) WHERE note = 'note 1'",
                "SELECT c.name, o.amount FROM customers c LEFT JOIN orders o ON o.id = c.id",
                "SELECT name FROM customers c WHERE EXISTS (SELECT 1 FROM orders WHERE id = c.id)",
                "(SELECT id FROM orders WHERE id < 3) UNION ALL (SELECT id FROM customers)",
                "SELECT honest(id), now(6) FROM orders WHERE id < 5",
                "SELECT 'it\\'s; orders', \"a ; orders\" FROM orders WHERE id = 1;",
                "SELECT id, note FROM orders WHERE (id, note) IN ((1, 'note 1'), (2, 'x'))")) {
            Judgement judgement = replay.judge(statement);
            all.assertThat(judgement).as(statement).isInstanceOf(Judgement.Replayable.class);
            if (judgement instanceof Judgement.Replayable read) {
                ReadReplay.Pair pair = replay.run(read.read(), Table.SHADOW);
                all.assertThat(pair.comparison().result())
                        .as("%s: %s", statement, pair)
                        .isEqualTo(Result.SAME);
            }
        }
        all.assertAll();
    }

    @Test
    void theOtherTableIsReadAndNotTheOriginalOnceMore() throws SQLException {
        bench.sql("UPDATE " + MySqlNames.quote(plan.shadow()) + " SET note = 'spoiled' WHERE id = 7");
        assertThat(result("SELECT note FROM orders WHERE id = 7")).isEqualTo(Result.DIFFERS);
        assertThat(result("WITH o AS (SELECT id, note FROM orders) SELECT note FROM o WHERE id = 7"))
                .isEqualTo(Result.DIFFERS);
        assertThat(result("SELECT c.name FROM customers c WHERE 7 IN (SELECT id FROM orders WHERE note = 'spoiled')"))
                .isEqualTo(Result.DIFFERS);
        assertThat(result("SELECT id FROM orders ORDER BY note, id")).isEqualTo(Result.DIFFERS);
        assertThat(result("SELECT note FROM orders WHERE id = 8")).isEqualTo(Result.SAME);
        assertThat(result("SELECT GROUP_CONCAT(note) FROM orders WHERE id < 20"))
                .isEqualTo(Result.NOT_COMPARABLE);
        Read read = read("SELECT o.note FROM orders o WHERE id < 10");
        try (ReadReplay.Snapshot snapshot = replay.snapshot()) {
            assertThat(snapshot.run(read, Table.SOURCE, List.of()).comparison().result())
                    .isEqualTo(Result.DIFFERS);
            assertThat(snapshot.run(read, Table.SOURCE, List.of(RowKey.of("7")))
                            .comparison()
                            .result())
                    .as("without the row that differs")
                    .isEqualTo(Result.SAME);
            assertThat(snapshot.run(read, Table.SOURCE, List.of(RowKey.of("8")))
                            .comparison()
                            .result())
                    .isEqualTo(Result.DIFFERS);
        }
    }

    @Test
    void whatTheChangeTakesAwayIsNoDifference() {
        for (String statement : List.of(
                "SELECT legacy FROM orders WHERE id = 1",
                "SELECT * FROM orders WHERE id = 1",
                "SELECT id FROM orders WHERE hint IS NULL",
                "SELECT nowhere FROM orders",
                "SELECT count(*) FROM cheap JOIN orders USING (id)",
                "WITH orders AS (SELECT * FROM orders) SELECT count(*) FROM orders")) {
            Judgement judgement = replay.judge(statement);
            if (judgement instanceof Judgement.Replayable read) {
                ReadReplay.Pair pair = replay.run(read.read(), Table.SHADOW);
                assertThat(pair.comparison().result())
                        .as("%s: %s", statement, pair)
                        .isEqualTo(Result.NOT_COMPARABLE);
            } else {
                assertThat(judgement).as(statement).isInstanceOf(Judgement.NotComparable.class);
            }
        }
        assertThat(replay.run(read("SELECT legacy FROM orders WHERE id = 1"), Table.SHADOW)
                        .comparison()
                        .words())
                .contains("legacy");
        assertThat(replay.judge("SELECT 1 FROM elsewhere.orders")).isInstanceOf(Judgement.Elsewhere.class);
        assertThat(replay.judge("SELECT count(*) FROM customers")).isInstanceOf(Judgement.Elsewhere.class);
    }

    @Test
    void anIndexThatIsMissingChangesThePlan() throws SQLException {
        Read read = read("SELECT id FROM orders WHERE note = 'note 7'");
        assertThat(replay.plan(read, Table.SHADOW))
                .isEqualTo(replay.plan(read, Table.SOURCE))
                .contains("by note");
        bench.sql("DROP INDEX notes ON " + MySqlNames.quote(plan.shadow()));
        assertThat(replay.plan(read, Table.SHADOW)).isNotEqualTo(replay.plan(read, Table.SOURCE));
    }

    @Test
    void statementsOfApplicationsAreSampledWithTheirValues() throws SQLException {
        bench.sql("SELECT note, 4711 FROM orders WHERE id = 815");
        replay.run(read("SELECT max(id) FROM orders"), Table.SOURCE);
        Sample sample = replay.recent(50);
        assertThat(sample.statements()).contains("SELECT note, 4711 FROM orders WHERE id = 815");
        assertThat(sample.statements())
                .noneMatch(text -> text.contains(plan.shadow().table()));
        assertThat(replay.judge("SELECT note, 4711 FROM orders WHERE id = 815").digest())
                .isEqualTo("SELECT note, ? FROM orders WHERE id = ?");
    }

    @Test
    void whatSlipsThroughCannotWriteAllTheSame() throws SQLException {
        ReplayDialect dialect = bench.database().reads(plan);
        try (Connection connection = dialect.connect(Duration.ofSeconds(10));
                Statement statement = connection.createStatement()) {
            dialect.begin(connection);
            assertThatThrownBy(() -> statement.execute("DELETE FROM orders")).hasMessageContaining("READ ONLY");
            assertThatThrownBy(() -> statement.executeQuery("SELECT writes() FROM orders"))
                    .hasMessageContaining("READ ONLY");
            dialect.rollback(connection);
        }
        assertThat(bench.value("SELECT count(*) FROM orders")).isEqualTo("900");
        assertThat(bench.value("SELECT count(*) FROM customers")).isEqualTo("3");
    }

    @Test
    void statementsOfAFileEndAtSemicolonsOrLines() {
        assertThat(replay.split("SELECT 1 # one; two\n\n/* none */\nSELECT ';'\n"))
                .hasSize(2);
        assertThat(replay.split("SELECT 1,\n  2; SELECT ';' ;\n")).containsExactly("SELECT 1,\n  2", "SELECT ';'");
    }

    private Read read(String statement) {
        return ((Judgement.Replayable) replay.judge(statement)).read();
    }

    private Result result(String statement) {
        return replay.run(read(statement), Table.SOURCE).comparison().result();
    }
}
