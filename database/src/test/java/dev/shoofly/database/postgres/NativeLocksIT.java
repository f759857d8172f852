package dev.shoofly.database.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.shoofly.database.NativeAlter;
import dev.shoofly.database.StepImpact;
import dev.shoofly.model.MigrationId;
import dev.shoofly.model.NativeStep;
import dev.shoofly.model.TableName;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a step is said to lock is what the server shows while it is carried out. */
class NativeLocksIT {
    private static final TableName T = new TableName("public", "t");
    private static final String LOCKS = "SELECT DISTINCT c.relname || ' ' || l.mode FROM pg_locks l"
            + " JOIN pg_class c ON c.oid = l.relation JOIN pg_stat_activity a ON a.pid = l.pid"
            + " WHERE a.datname = current_database() AND c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace"
            + " AND l.granted AND l.mode <> 'AccessShareLock' AND ";
    private static final String OF_SHOOFLY = LOCKS + "a.application_name = '" + PostgresSession.APPLICATION_NAME + "'";

    private final Set<String> shown = new TreeSet<>();
    private Lab lab;

    @BeforeEach
    void create() throws SQLException {
        lab = Lab.open(point -> {
            if (point.equals("native.altered")) {
                shown.addAll(shownNow());
            }
        });
        lab.run(
                "CREATE TABLE customers (id int PRIMARY KEY)",
                "CREATE TABLE owners (name varchar(9) PRIMARY KEY)",
                "CREATE TABLE t (id int PRIMARY KEY, v text, customer int, owner varchar(9) REFERENCES owners, code int UNIQUE,"
                        + " former int)",
                "CREATE INDEX by_v ON t (v)",
                "CREATE TABLE child (code int REFERENCES t (code))",
                "ALTER TABLE t ADD CONSTRAINT of_former FOREIGN KEY (former) REFERENCES customers NOT VALID",
                "INSERT INTO t SELECT g, g FROM generate_series(1, 100) g");
    }

    @AfterEach
    void close() throws SQLException {
        lab.close();
    }

    private Set<String> shownNow() {
        return new TreeSet<>(lab.rows(OF_SHOOFLY).stream()
                .map(row -> row.replaceAll("[()\"]", ""))
                .toList());
    }

    private NativeAlter.Assessment assess(String alter) {
        return lab.database.nativeAlter().assess(MigrationId.random(new Random()), T, List.of(alter));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "ADD CONSTRAINT fk FOREIGN KEY (customer) REFERENCES customers"
                        + " | t AccessExclusive, customers ShareRowExclusive; t ShareUpdateExclusive, customers RowShare",
                "ADD CONSTRAINT fk FOREIGN KEY (customer) REFERENCES customers NOT VALID"
                        + " | t AccessExclusive, customers ShareRowExclusive",
                "ADD COLUMN c int REFERENCES customers | t AccessExclusive, customers ShareRowExclusive",
                "VALIDATE CONSTRAINT of_former | t ShareUpdateExclusive, customers RowShare",
                "DROP CONSTRAINT t_owner_fkey | t AccessExclusive, owners AccessExclusive",
                "DROP COLUMN owner | t AccessExclusive, owners AccessExclusive",
                "ALTER COLUMN owner TYPE text | t AccessExclusive, owners AccessExclusive",
                "DROP COLUMN code CASCADE | t AccessExclusive, child AccessExclusive",
                "ADD CONSTRAINT positive CHECK (id > 0) NOT VALID | t AccessExclusive",
                "ADD CONSTRAINT positive CHECK (id > 0) | t AccessExclusive; t ShareUpdateExclusive",
                "ALTER v SET NOT NULL | t AccessExclusive; t ShareUpdateExclusive; t AccessExclusive",
                "ALTER v SET STATISTICS 100 | t AccessExclusive",
                "ADD COLUMN c int | t AccessExclusive",
                "ALTER INDEX by_v RENAME TO by_w | t AccessExclusive",
                "DROP INDEX by_v | t AccessExclusive",
                "CREATE INDEX by_customer ON t (customer) | t ShareUpdateExclusive; t AccessExclusive"
            })
    void everyStepLocksWhatIsSaidAndNothingElse(String alter, String expected) throws Exception {
        NativeAlter.Assessment found = assess(alter);
        List<NativeStep> steps = found.plan().orElseThrow().steps();
        List<Set<String>> wanted = List.of(expected.split("; ")).stream()
                .map(step -> (Set<String>) new TreeSet<>(List.of(step.split(", "))))
                .toList();
        assertThat(found.impacts().stream().map(NativeLocksIT::said).toList()).isEqualTo(wanted);
        List<Set<String>> held = new ArrayList<>();
        for (NativeStep step : steps) {
            held.add(strongest(carryOut(step)));
        }
        assertThat(held).isEqualTo(wanted);
    }

    /** As the server spells it. */
    private static Set<String> said(StepImpact impact) {
        Set<String> all = new TreeSet<>(Set.of("t " + spelled(impact.lock())));
        impact.others().forEach(other -> all.add(other.table().table() + " " + spelled(other.lock())));
        return all;
    }

    private static String spelled(String words) {
        StringBuilder spelled = new StringBuilder();
        for (String word : words.split(" ")) {
            spelled.append(word.charAt(0)).append(word.substring(1).toLowerCase(Locale.ROOT));
        }
        return spelled.toString();
    }

    private Set<String> carryOut(NativeStep step) throws Exception {
        if (step.kind() == NativeStep.Kind.BRIEF) {
            shown.clear();
            assertThat(lab.database.nativeAlter().attempt(T, step, Duration.ofSeconds(20), NativeAlter.Recorder.NONE))
                    .isEmpty();
            return shown;
        }
        return step.dialectState() == null ? validating(step) : building(step);
    }

    private Set<String> validating(NativeStep step) throws SQLException {
        Set<String> found = new TreeSet<>();
        try (Connection connection = lab.connect();
                Statement statement = connection.createStatement()) {
            connection.setAutoCommit(false);
            statement.execute(step.statements().get(0));
            try (ResultSet rows = statement.executeQuery(LOCKS + "l.pid = pg_backend_pid()")) {
                while (rows.next()) {
                    found.add(rows.getString(1));
                }
            }
            connection.commit();
        }
        return found;
    }

    /** A build waits for whoever has written before it: meanwhile its locks can be looked at. */
    private Set<String> building(NativeStep step) throws Exception {
        Set<String> found = Set.of();
        CompletableFuture<Boolean> build;
        try (Connection writer = lab.connect();
                Statement statement = writer.createStatement()) {
            writer.setAutoCommit(false);
            statement.execute("INSERT INTO t (id) VALUES (1000)");
            build = CompletableFuture.supplyAsync(() -> lab.database
                    .nativeAlter()
                    .run(T, step, Duration.ofSeconds(20), NativeAlter.Recorder.NONE, () -> true));
            long giveUpAt = System.nanoTime() + Duration.ofSeconds(20).toNanos();
            while (found.isEmpty() && System.nanoTime() < giveUpAt) {
                found = shownNow();
                Thread.sleep(20);
            }
            writer.commit();
        }
        assertThat(build.get()).isTrue();
        return found;
    }

    /** Of several locks on one table. */
    private static Set<String> strongest(Set<String> found) {
        List<String> modes = List.of("RowShare", "ShareUpdateExclusive", "ShareRowExclusive", "AccessExclusive");
        Set<String> strongest = new TreeSet<>();
        for (String table : found.stream().map(lock -> lock.split(" ")[0]).toList()) {
            String most = "";
            for (String mode : modes) {
                most = found.contains(table + " " + mode + "Lock") ? mode : most;
            }
            strongest.add(table + " " + most);
        }
        return strongest;
    }

    @Test
    void ofAValidationNobodyIsToldThatItWaitsForOlderTransactionsAndItDoesNot() throws SQLException {
        NativeAlter.Assessment check = assess("ADD CONSTRAINT positive CHECK (id > 0)");
        assertThat(check.warnings())
                .containsExactly("VALIDATE CONSTRAINT reads the whole table; it can neither be slowed down nor paused");
        assertThat(assess("VALIDATE CONSTRAINT of_former").warnings()).isEqualTo(check.warnings());
        NativeAlter.Assessment index = assess("CREATE INDEX by_customer ON t (customer)");
        assertThat(index.warnings()).singleElement().asString().contains("waits for every transaction that is older");
        List<NativeStep> steps = check.plan().orElseThrow().steps();
        lab.run(steps.get(0).statements().get(0));
        try (Connection older = lab.connect();
                Statement reader = older.createStatement()) {
            older.setTransactionIsolation(Connection.TRANSACTION_REPEATABLE_READ);
            older.setAutoCommit(false);
            reader.execute("INSERT INTO t (id) VALUES (1000)");
            reader.execute("SELECT count(*) FROM t");
            lab.run("SET statement_timeout = '20s'", steps.get(1).statements().get(0));
            assertThatThrownBy(() -> lab.run(
                            "SET statement_timeout = '1s'",
                            index.plan()
                                    .orElseThrow()
                                    .steps()
                                    .get(0)
                                    .statements()
                                    .get(0)))
                    .hasMessageContaining("statement timeout");
        }
    }
}
