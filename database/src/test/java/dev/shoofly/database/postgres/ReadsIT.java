package dev.shoofly.database.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.shoofly.database.replay.Comparison.Result;
import dev.shoofly.database.replay.Judgement;
import dev.shoofly.database.replay.Read;
import dev.shoofly.database.replay.ReadReplay;
import dev.shoofly.database.replay.ReplayDialect;
import dev.shoofly.database.replay.ReplayDialect.Sample;
import dev.shoofly.database.replay.Table;
import dev.shoofly.model.FaultPoints;
import dev.shoofly.model.MigrationPlan;
import dev.shoofly.model.RowKey;
import dev.shoofly.model.ShooflyException;
import dev.shoofly.servers.DatabaseServer;
import dev.shoofly.servers.PostgresVersion;
import dev.shoofly.servers.fixture.TestServers;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.assertj.core.api.SoftAssertions;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Which statements may be asked of both tables, and whether their answers are the same. */
class ReadsIT {
    @SuppressWarnings("NullAway.Init")
    private Lab lab;

    @SuppressWarnings("NullAway.Init")
    private MigrationPlan plan;

    @SuppressWarnings("NullAway.Init")
    private ReadReplay replay;

    @BeforeEach
    void twoTables() throws SQLException {
        lab = Lab.open();
        lab.run(
                "CREATE SCHEMA \"Other\"",
                "CREATE TABLE orders (id bigserial PRIMARY KEY, note varchar(100) NOT NULL, amount numeric(10,2), legacy int,"
                        + " hint text, at timestamptz DEFAULT now(), tags text[])",
                "CREATE TABLE \"Other\".orders (id int)",
                "CREATE INDEX notes ON orders (note)",
                "CREATE TABLE customers (id int PRIMARY KEY, name text)",
                "INSERT INTO customers SELECT i, 'c' || i FROM generate_series(1, 10) i",
                "INSERT INTO orders (id, note, amount, legacy, tags) SELECT i, 'note ' || i % 50, i / 4.0, i, ARRAY['a']"
                        + " FROM generate_series(1, 2000) i",
                "CREATE VIEW cheap AS SELECT id, note FROM orders WHERE id < 10",
                "CREATE VIEW locked AS SELECT pg_try_advisory_lock(1) AS got",
                "CREATE FUNCTION sneaky() RETURNS int LANGUAGE sql AS 'SELECT 1'",
                "CREATE FUNCTION honest(int) RETURNS int LANGUAGE sql STABLE AS 'SELECT $1'",
                "CREATE FUNCTION step(int, int) RETURNS int LANGUAGE sql AS 'SELECT $1 + $2'",
                "CREATE AGGREGATE total(int) (SFUNC = step, STYPE = int, INITCOND = '0')",
                "ANALYZE orders");
        plan = lab.prepare(
                "orders",
                "ALTER COLUMN amount TYPE numeric(14,4), DROP COLUMN legacy, ADD COLUMN status text DEFAULT 'new'",
                "RENAME COLUMN hint TO remark");
        lab.copyAll(plan, 1000);
        lab.run("ANALYZE " + PostgresNames.quote(plan.shadow()));
        replay = ReadReplay.open(lab.database.reads(plan), Duration.ofSeconds(10));
    }

    @AfterEach
    void close() throws Exception {
        replay.close();
        lab.close();
    }

    @Test
    void whatDoesMoreThanReadIsRefusedAndNotRun() {
        SoftAssertions all = new SoftAssertions();
        for (String statement : List.of(
                "DELETE FROM orders",
                "UPDATE orders SET note = 'x'",
                "INSERT INTO orders (note) VALUES ('x')",
                "TRUNCATE orders",
                "DROP TABLE orders",
                "COPY orders TO STDOUT",
                "EXPLAIN ANALYZE DELETE FROM orders",
                "CALL nothing()",
                "SELECT 1 FROM orders; DELETE FROM orders",
                "SELECT count(*) FROM orders; COMMIT; DROP TABLE orders",
                "WITH gone AS (DELETE FROM orders RETURNING id) SELECT * FROM gone",
                "SELECT * INTO copy FROM orders",
                "SELECT * FROM orders FOR UPDATE",
                "SELECT * FROM orders WHERE id IN (SELECT id FROM orders FOR KEY SHARE)",
                "SELECT nextval('orders_id_seq') FROM orders",
                "SELECT setval('orders_id_seq', 1) FROM orders",
                "SELECT pg_notify('c', note) FROM orders",
                "SELECT pg_advisory_lock(id) FROM orders",
                "SELECT set_config('work_mem', '64kB', false) FROM orders",
                "SELECT pg_sleep(1) FROM orders",
                "SELECT pg_terminate_backend(id::int) FROM orders",
                "SELECT query_to_xml('DELETE FROM orders', true, true, '') FROM orders",
                "SELECT lo_import('/etc/passwd') FROM orders",
                "SELECT sneaky() FROM orders",
                "SELECT total(id::int) FROM orders",
                "SELECT * FROM orders o, locked",
                "SELECT * FROM orders ORDER BY random()",
                "SELECT * FROM orders WHERE note = gen_random_uuid()::text",
                "SELECT * FROM orders TABLESAMPLE SYSTEM (10)",
                "SELECT * FROM orders WHERE id = $1",
                "SELECT * FROM",
                "")) {
            Judgement judgement = replay.judge(statement);
            all.assertThat(judgement).as(statement).isInstanceOf(Judgement.Refused.class);
        }
        all.assertAll();
        assertThat(lab.value("SELECT count(*) FROM orders")).isEqualTo("2000");
        assertThat(lab.value("SELECT count(*) FROM pg_class WHERE relname = 'shoofly_read'"))
                .isEqualTo("0");
    }

    @Test
    void answersOfEqualTablesAreTheSame() {
        SoftAssertions all = new SoftAssertions();
        for (String statement : List.of(
                "SELECT count(*) FROM orders",
                "SELECT id, note, amount FROM orders WHERE id = 17",
                "select o.amount from public.orders o where o.note = 'note 7' -- the last word: orders",
                "SELECT orders.id AS orders, 'public.orders' FROM orders WHERE note LIKE '%orders%' OR id < 5",
                "SELECT * FROM (SELECT id FROM orders WHERE amount > 100) AS orders",
                "WITH orders AS (SELECT id, note FROM public.orders) SELECT count(*) FROM orders WHERE id > 3",
                "SELECT a.id, b.id FROM orders a JOIN orders b USING (note) WHERE a.id < 20",
                "SELECT a.id, b.id FROM orders a, public.\"orders\" b WHERE a.id = b.id AND a.id < 20",
                "SELECT note, sum(amount), avg(amount) FROM orders GROUP BY note HAVING count(*) > 1",
                "SELECT o.id, o.note FROM orders o GROUP BY o.id",
                "SELECT id FROM orders ORDER BY note, id DESC LIMIT 10",
                "SELECT c.name, o.amount FROM customers c LEFT JOIN orders o ON o.id = c.id",
                "SELECT name FROM customers c WHERE EXISTS (SELECT 1 FROM orders WHERE id = c.id)",
                "(SELECT id FROM orders WHERE id < 3) UNION ALL (SELECT id FROM customers)",
                "TABLE customers EXCEPT SELECT id::int, note FROM orders",
                "SELECT now() - at, honest(id::int) FROM orders WHERE id < 5",
                "SELECT id FROM orders WHERE tags @> ARRAY['a'] AND to_jsonb(tags) ? 'a' AND id < 9",
                "SELECT current_date, \"id\" FROM \"public\".\"orders\" WHERE id = 1;",
                "SELECT id, id FROM orders WHERE id IN (1, 2)",
                "SELECT E'it\\'s; orders', $$;orders$$ FROM orders WHERE id = 1",
                "VALUES ((SELECT count(*) FROM orders))")) {
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
    void theOtherTableIsReadAndNotTheOriginalOnceMore() {
        lab.run("UPDATE " + PostgresNames.quote(plan.shadow()) + " SET note = 'spoiled' WHERE id = 7");
        assertThat(result("SELECT note FROM orders WHERE id = 7")).isEqualTo(Result.DIFFERS);
        assertThat(result("WITH orders AS (SELECT id, note FROM public.orders) SELECT note FROM orders WHERE id = 7"))
                .isEqualTo(Result.DIFFERS);
        assertThat(result(
                        "SELECT c.name FROM customers c WHERE c.id IN (SELECT id FROM orders WHERE note = 'spoiled')"))
                .isEqualTo(Result.DIFFERS);
        assertThat(result("SELECT id FROM orders ORDER BY note, id")).isEqualTo(Result.DIFFERS);
        assertThat(result("SELECT note FROM orders WHERE id = 8")).isEqualTo(Result.SAME);
        // Two rows of one note: which of them comes first is the plan's choice.
        assertThat(result("SELECT id, note FROM orders ORDER BY amount > 3 LIMIT 10"))
                .isIn(Result.SAME, Result.NOT_COMPARABLE);
        assertThat(result("SELECT string_agg(note, ',') FROM orders")).isEqualTo(Result.NOT_COMPARABLE);
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
                "SELECT a FROM orders o (a, b, c, d, e, f, g)")) {
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
        assertThat(replay.judge("SELECT 1 FROM \"Other\".orders")).isInstanceOf(Judgement.Elsewhere.class);
        assertThat(replay.judge("SELECT count(*) FROM customers")).isInstanceOf(Judgement.Elsewhere.class);
    }

    @Test
    void anIndexThatIsMissingChangesThePlan() {
        Read read = read("SELECT id FROM orders WHERE note = 'note 7'");
        String index = lab.value("SELECT indexrelid::regclass::text FROM pg_index WHERE indrelid = '"
                + PostgresNames.quote(plan.shadow()) + "'::regclass AND NOT indisunique");
        assertThat(replay.plan(read, Table.SHADOW))
                .isEqualTo(replay.plan(read, Table.SOURCE))
                .contains("note");
        lab.run("DROP INDEX " + index);
        assertThat(replay.plan(read, Table.SHADOW)).isNotEqualTo(replay.plan(read, Table.SOURCE));
    }

    @Test
    void literalsAreNoPartOfTheDigest() {
        assertThat(replay.judge("SELECT note FROM orders WHERE id = 4711 AND note = 'secret' /* hush */")
                        .digest())
                .isEqualTo("SELECT note FROM orders WHERE id = ? AND note = ?");
        assertThat(replay.judge("SELECT note FROM orders WHERE id = 'secret'").toString())
                .contains("22P02")
                .doesNotContain("secret");
        ReadReplay.Pair failed = replay.run(read("SELECT (note || 'secret')::int FROM orders"), Table.SOURCE);
        assertThat(failed.comparison().words()).contains("22P02").doesNotContain("secret");
    }

    @Test
    void statementsOfAFileEndAtSemicolonsOrLines() {
        assertThat(replay.split("SELECT 1 -- one; two\n\n/* none */\nSELECT ';'\n"))
                .hasSize(2);
        assertThat(replay.split("SELECT 1,\n  2; SELECT ';' ;\n")).containsExactly("SELECT 1,\n  2", "SELECT ';'");
    }

    @Test
    void aServerWithoutTheExtensionSaysSo() {
        assertThatThrownBy(() -> replay.recent(10))
                .isInstanceOf(ShooflyException.class)
                .hasMessageContaining("pg_stat_statements");
    }

    @Test
    void whatSlipsThroughCannotWriteAllTheSame() throws SQLException {
        ReplayDialect dialect = lab.database.reads(plan);
        try (Connection connection = dialect.connect(Duration.ofSeconds(10));
                Statement statement = connection.createStatement()) {
            dialect.begin(connection);
            assertThatThrownBy(() -> statement.executeQuery("SELECT nextval('orders_id_seq')"))
                    .hasMessageContaining("read-only");
            dialect.rollback(connection);
            dialect.begin(connection);
            assertThatThrownBy(() -> statement.execute("DELETE FROM orders")).hasMessageContaining("read-only");
            dialect.rollback(connection);
        }
        assertThat(lab.value("SELECT count(*) FROM orders")).isEqualTo("2000");
    }

    @Test
    void valuesThatTheServerDoesNotKeepAreTakenFromARow() throws Exception {
        try (DatabaseServer server = TestServers.dedicatedPostgres(
                        PostgresVersion.V15, Map.of("shared_preload_libraries", "pg_stat_statements"));
                Lab other = Lab.open(server, FaultPoints.NONE)) {
            other.run(
                    "CREATE EXTENSION pg_stat_statements",
                    "CREATE TABLE orders (id bigint PRIMARY KEY, note text)",
                    "INSERT INTO orders SELECT i, 'it''s ' || i FROM generate_series(1, 1000) i");
            MigrationPlan own = other.prepare("orders", "ADD COLUMN status text");
            other.copyAll(own, 1000);
            other.run(
                    "SELECT note FROM orders WHERE id = 815",
                    "SELECT count(*) FROM orders",
                    "SELECT id FROM orders o WHERE o.note IN ('a', 'b') AND id BETWEEN 3 AND 4 ORDER BY id LIMIT 7",
                    "SELECT id, 4711 FROM orders WHERE id < 5");
            try (ReadReplay reads = ReadReplay.open(other.database.reads(own), Duration.ofSeconds(10))) {
                Judgement mine = reads.judge("SELECT max(id) FROM orders");
                reads.run(((Judgement.Replayable) mine).read(), Table.SOURCE);
                Sample sample = reads.recent(50);
                assertThat(sample.statements())
                        .anyMatch(text -> text.matches("SELECT note FROM orders WHERE id = '\\d+'"))
                        .anyMatch(text ->
                                text.matches("SELECT id FROM orders o WHERE o.note IN \\('it''s \\d+', 'it''s \\d+'\\)"
                                        + " AND id BETWEEN '\\d+' AND '\\d+' ORDER BY id LIMIT 100"))
                        .contains("SELECT count(*) FROM orders")
                        .noneMatch(text -> text.contains("$") || text.contains("4711") || text.contains("max("));
                assertThat(sample.withoutValues()).isPositive();
                for (String each : sample.statements()) {
                    if (reads.judge(each) instanceof Judgement.Replayable read) {
                        assertThat(reads.run(read.read(), Table.SOURCE)
                                        .comparison()
                                        .result())
                                .as(each)
                                .isEqualTo(Result.SAME);
                    }
                }
            }
        }
    }

    private Read read(String statement) {
        return ((Judgement.Replayable) replay.judge(statement)).read();
    }

    private Result result(String statement) {
        return replay.run(read(statement), Table.SOURCE).comparison().result();
    }
}
