package dev.shoofly.database.mysql;

import static org.assertj.core.api.Assertions.assertThat;

import dev.shoofly.database.TableSwap;
import dev.shoofly.database.TableSwap.Outcome;
import dev.shoofly.model.CutoverSettings;
import dev.shoofly.model.MigrationPlan;
import dev.shoofly.model.RowKey;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

/** What would make the application wait for longer than it may is released, whatever it is, and tried again. */
class LongStallIT {
    private static final Duration MOST = Duration.ofMillis(250);
    private static final CutoverSettings SETTINGS = CutoverSettings.DEFAULT.withMaxStall(MOST);
    private static final RowKey ONE = RowKey.of("1");

    @Test
    void anAttemptThatTakesTooLongLetsTheApplicationGoOn() throws Exception {
        AtomicBoolean slow = new AtomicBoolean(true);
        AtomicReference<CompletableFuture<Void>> writer = new AtomicReference<>();
        AtomicReference<Bench> opened = new AtomicReference<>();
        try (Bench bench = Bench.open(point -> {
            if (point.equals("swap.locked") && slow.get()) {
                writer.set(CompletableFuture.runAsync(() -> write(Objects.requireNonNull(opened.get()))));
                outlast(MOST);
            }
        })) {
            opened.set(bench);
            bench.sql("CREATE TABLE t (id INT PRIMARY KEY, v INT)", "INSERT INTO t VALUES (1, 1)");
            MigrationPlan plan = bench.prepare("t", "MODIFY v BIGINT");
            bench.copy(plan, 2);
            TableSwap swap = bench.database().swap(plan);
            TableSwap.Remainder one = (progress, timeout, most) -> TableSwap.Drained.of(List.of(ONE));

            assertThat(swap.attempt(SETTINGS, 1, one)).as("a slow step").satisfies(LongStallIT::wasLetGo);
            Objects.requireNonNull(writer.get()).get(60, TimeUnit.SECONDS);
            slow.set(false);

            String shadow = MySqlNames.quote(plan.shadow());
            bench.sql("CREATE TRIGGER slow BEFORE INSERT ON " + shadow + " FOR EACH ROW DO SLEEP(600)");
            assertThat(swap.attempt(SETTINGS, 1, one)).as("a slow statement").satisfies(LongStallIT::wasLetGo);
            assertThat(swap.isSwapped()).isFalse();
            bench.sql("UPDATE t SET v = v + 1", "DROP TRIGGER slow");

            assertThat(swap.attempt(CutoverSettings.DEFAULT.withMaxStall(Duration.ofMinutes(1)), 1, one))
                    .isInstanceOf(Outcome.Swapped.class);
            assertThat(bench.rows("SELECT id, v FROM t")).containsExactly("1|3");
        }
    }

    /** Somebody else holds the row that the note asks for; it gives up after a second, the attempt at its own limit. */
    @Test
    void aNoteThatWaitsDoesNotKeepTheApplicationWaiting() throws Exception {
        try (Bench bench = Bench.open();
                Connection holder = bench.connect()) {
            bench.sql("CREATE TABLE t (id INT PRIMARY KEY, v INT)", "INSERT INTO t VALUES (1, 1)");
            MigrationPlan plan = bench.prepare("t", "MODIFY v BIGINT");
            bench.copy(plan, 2);
            TableSwap swap = bench.database().swap(plan);
            TableSwap.Remainder one = (progress, timeout, most) -> TableSwap.Drained.of(List.of(ONE));
            holder.setAutoCommit(false);
            Bench.execute(holder, "UPDATE shoofly.migrations SET reason = reason WHERE id = '" + plan.id() + "'");

            assertThat(swap.attempt(SETTINGS, 1, one)).satisfies(LongStallIT::wasLetGo);
            assertThat(swap.isSwapped()).isFalse();
            bench.sql("UPDATE t SET v = v + 1");
            assertThat(bench.rows("SELECT 1 FROM shoofly.drained_offsets WHERE migration_id = '" + plan.id() + "'"))
                    .isEmpty();
            holder.rollback();

            assertThat(swap.attempt(CutoverSettings.DEFAULT.withMaxStall(Duration.ofMinutes(1)), 1, one))
                    .isInstanceOf(Outcome.Swapped.class);
            assertThat(bench.rows("SELECT id, v FROM t")).containsExactly("1|2");
        }
    }

    /** The state is written beside the rows; what that waits for is not what the application waits for, and nothing of it stays. */
    @Test
    void aStateThatIsRecordedTooLateIsNotRecorded() throws Exception {
        try (Bench bench = Bench.open()) {
            bench.sql("CREATE TABLE t (id INT PRIMARY KEY, v INT)", "INSERT INTO t VALUES (1, 1)");
            MigrationPlan plan = bench.prepare("t", "MODIFY v BIGINT");
            bench.copy(plan, 2);
            TableSwap swap = bench.database().swap(plan);
            TableSwap.Remainder one = (progress, timeout, most) -> TableSwap.Drained.of(List.of(ONE));
            bench.sql("CREATE TRIGGER shoofly.slow BEFORE UPDATE ON shoofly.migrations FOR EACH ROW DO SLEEP(3)");
            CompletableFuture<Outcome> attempt = CompletableFuture.supplyAsync(() -> swap.attempt(SETTINGS, 1, one));
            Bench.await(() -> isAsleep(bench));
            // Waits for the table, not for the state.
            write(bench);
            assertThat(isAsleep(bench)).isTrue();
            assertThat(attempt.get(60, TimeUnit.SECONDS)).satisfies(LongStallIT::wasLetGo);
            bench.sql("DROP TRIGGER shoofly.slow");

            assertThat(swap.isSwapped()).isFalse();
            assertThat(bench.rows("SELECT state FROM shoofly.migrations WHERE id = '" + plan.id() + "'"))
                    .containsExactly("READY");
            assertThat(bench.rows("SELECT DISTINCT epoch FROM shoofly.apply_progress WHERE migration_id = '" + plan.id()
                            + "'"))
                    .containsExactly("1");
            assertThat(swap.attempt(CutoverSettings.DEFAULT.withMaxStall(Duration.ofMinutes(1)), 1, one))
                    .isInstanceOf(Outcome.Swapped.class);
            assertThat(bench.rows("SELECT id, v FROM t")).containsExactly("1|2");
            assertThat(bench.rows("SELECT state FROM shoofly.migrations WHERE id = '" + plan.id() + "'"))
                    .containsExactly("CUTOVER");
        }
    }

    private static boolean isAsleep(Bench bench) throws SQLException {
        return !bench.rows("SELECT 1 FROM information_schema.processlist WHERE state = 'User sleep'")
                .isEmpty();
    }

    private static void wasLetGo(Outcome outcome) {
        assertThat(outcome)
                .isInstanceOfSatisfying(
                        Outcome.NotSwapped.class,
                        not -> assertThat(not.reason()).contains("--max-stall (250 ms)", "released"));
    }

    private static void write(Bench bench) {
        try (Connection connection = bench.connect()) {
            Bench.execute(connection, "UPDATE t SET v = v + 1");
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    private static void outlast(Duration time) {
        long until = System.nanoTime() + time.toNanos();
        while (System.nanoTime() - until < 0) {
            Thread.onSpinWait();
        }
    }
}
