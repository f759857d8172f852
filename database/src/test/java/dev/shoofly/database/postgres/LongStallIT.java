package dev.shoofly.database.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import dev.shoofly.database.TableSwap;
import dev.shoofly.database.TableSwap.Outcome;
import dev.shoofly.model.CutoverSettings;
import dev.shoofly.model.MigrationPlan;
import dev.shoofly.model.RowKey;
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
    private static final CutoverSettings PATIENT = CutoverSettings.DEFAULT.withMaxStall(Duration.ofMinutes(1));
    private static final RowKey ONE = RowKey.of("1");

    @Test
    void anAttemptThatTakesTooLongLetsTheApplicationGoOn() throws Exception {
        AtomicBoolean slow = new AtomicBoolean(true);
        AtomicReference<CompletableFuture<Void>> writer = new AtomicReference<>();
        AtomicReference<Lab> opened = new AtomicReference<>();
        try (Lab lab = Lab.open(point -> {
            if (point.equals("swap.locked") && slow.get()) {
                writer.set(CompletableFuture.runAsync(
                        () -> Objects.requireNonNull(opened.get()).run("UPDATE t SET v = v + 1")));
                outlast(MOST);
            }
        })) {
            opened.set(lab);
            lab.run("CREATE TABLE t (id int PRIMARY KEY, v int)", "INSERT INTO t VALUES (1, 1)");
            MigrationPlan plan = lab.prepare("t", "ALTER v TYPE bigint");
            lab.copyAll(plan, 100);
            lab.run("UPDATE shoofly.migrations SET state = 'READY' WHERE id = '" + plan.id() + "'");
            TableSwap swap = lab.database.swap(plan);
            TableSwap.Remainder one = (progress, timeout, most) -> TableSwap.Drained.of(List.of(ONE));

            assertThat(swap.attempt(SETTINGS, 1, one)).as("a slow step").satisfies(LongStallIT::wasLetGo);
            Objects.requireNonNull(writer.get()).get(60, TimeUnit.SECONDS);
            slow.set(false);

            String shadow = PostgresNames.quote(plan.shadow());
            lab.run("CREATE FUNCTION dawdle() RETURNS trigger LANGUAGE plpgsql AS"
                    + " 'BEGIN PERFORM pg_sleep(600); RETURN NEW; END'");
            lab.run("CREATE TRIGGER slow BEFORE INSERT OR UPDATE ON " + shadow
                    + " FOR EACH ROW EXECUTE FUNCTION dawdle()");
            assertThat(swap.attempt(SETTINGS, 1, one)).as("a slow statement").satisfies(LongStallIT::wasLetGo);
            CompletableFuture<Outcome> patient = CompletableFuture.supplyAsync(() -> swap.attempt(PATIENT, 1, one));
            Waits.until(() -> patient.isDone() || cancelSleepers(lab) > 0);
            assertThat(patient.get(60, TimeUnit.SECONDS))
                    .as("cancelled by somebody")
                    .isInstanceOfSatisfying(
                            Outcome.NotSwapped.class,
                            not -> assertThat(not.reason()).contains("interrupted before the exchange", "57014"));
            assertThat(swap.isSwapped()).isFalse();
            lab.run("UPDATE t SET v = v + 1", "DROP TRIGGER slow ON " + shadow);

            assertThat(swap.attempt(PATIENT, 1, one)).isInstanceOf(Outcome.Swapped.class);
            assertThat(lab.rows("SELECT id, v FROM t")).containsExactly("(1,3)");
        }
    }

    private static void wasLetGo(Outcome outcome) {
        assertThat(outcome)
                .isInstanceOfSatisfying(
                        Outcome.NotSwapped.class,
                        not -> assertThat(not.reason()).contains("--max-stall (250 ms)", "released"));
    }

    private static int cancelSleepers(Lab lab) {
        return Integer.parseInt(lab.value("SELECT count(pg_cancel_backend(pid)) FROM pg_stat_activity"
                + " WHERE wait_event = 'PgSleep' AND datname = current_database()"));
    }

    private static void outlast(Duration time) {
        long until = System.nanoTime() + time.toNanos();
        while (System.nanoTime() - until < 0) {
            Thread.onSpinWait();
        }
    }
}
