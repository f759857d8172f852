package dev.shoofly.cli;

import static dev.shoofly.cli.SharedAppliers.LIMIT;
import static dev.shoofly.cli.SharedAppliers.await;
import static org.assertj.core.api.Assertions.assertThat;

import dev.shoofly.cli.SharedAppliers.Row;
import dev.shoofly.servers.DatabaseServer;
import dev.shoofly.servers.PostgresVersion;
import dev.shoofly.servers.fixture.TestServers;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * An applier that SIGSTOP holds past its session time-out, a successor, and SIGCONT. Whether the first one still wrote is
 * seen by rows of the shadow that nobody has a reason to touch: they are spoilt by hand in between, and a late batch would
 * set them right again. Runs on PostgreSQL; {@code -Dshoofly.test.database=mysql} takes MySQL.
 */
class TwoOwnersIT {
    private static final boolean MYSQL =
            System.getProperty("shoofly.test.database", "postgres").equals("mysql");
    private static final int ROWS = 10_000;

    @TempDir
    private Path directory;

    private SharedAppliers scene;

    @BeforeEach
    void createTheTable() throws Exception {
        DatabaseServer server = MYSQL ? TestServers.mysql() : TestServers.postgres(PostgresVersion.V17);
        scene = new SharedAppliers(server, directory);
    }

    @Test
    void anApplierStoppedPastItsSessionWritesNothingAfterItsSuccessor() throws Exception {
        try (ShooflyProcess migrate =
                        scene.migrate(MYSQL ? "MODIFY amount bigint NOT NULL" : "ALTER COLUMN amount TYPE bigint");
                ShooflyProcess first = scene.serve(Map.of())) {
            scene.awaitState(migrate, "READY");
            end(first);

            stoppedAndContinued("before its transaction", "reconcile.before-read@3:stop");
            stoppedAndContinued("inside its transaction", "reconcile.before-commit@3:stop");

            try (ShooflyProcess last = scene.serve(Map.of())) {
                scene.execute("UPDATE t SET amount = amount + 1");
                scene.run("cutover", "t");
                assertThat(migrate.exitCode(LIMIT)).as(migrate.err()).isZero();
                assertThat(last.isAlive()).isTrue();
            }
        }
        assertThat(scene.number("SELECT count(*) FROM t WHERE amount = id + 3")).isEqualTo(ROWS);
    }

    private void stoppedAndContinued(String where, String point) throws Exception {
        scene.execute("UPDATE t SET amount = amount + 1");
        // All in the topic, so that the very first batches hold rows and not only markers.
        await("the changes in the topic", () -> scene.backlog() >= ROWS);
        try (ShooflyProcess stopped = scene.serve(Map.of("SHOOFLY_FAULT_POINT", point))) {
            await("the stop", stopped::isStopped);
            try (ShooflyProcess successor = scene.serve(Map.of())) {
                long began = System.nanoTime();
                scene.awaitAllApplied();
                System.out.printf(
                        "an applier stopped %s was replaced %d ms after its successor was started%n",
                        where, Duration.ofNanos(System.nanoTime() - began).toMillis());
                scene.awaitAllCompared();
                spoilTheShadow();
                List<Row> before = scene.progress();

                stopped.signal("CONT");

                awaitNewClaims(stopped, before);
                assertThat(scene.number("SELECT count(*) FROM " + scene.shadow() + " WHERE amount >= 0"))
                        .as("rows that were written by the superseded applier")
                        .isZero();
                end(successor);
            }
            end(stopped);
        }
    }

    private void spoilTheShadow() throws Exception {
        assertThat(scene.number("SELECT count(*) FROM t JOIN " + scene.shadow() + " s ON s.id = t.id"
                        + " AND s.amount = t.amount"))
                .as("all is applied")
                .isEqualTo(ROWS);
        scene.execute("UPDATE " + scene.shadow() + " SET amount = -amount");
    }

    /** It has let go of what it held, joined again and applied under new claims. */
    private void awaitNewClaims(ShooflyProcess stopped, List<Row> before) {
        await("new claims of the one that was stopped", () -> {
            List<Integer> claimed = scene.partitionsOf(stopped);
            List<Row> now = scene.progress();
            return !claimed.isEmpty()
                    && claimed.stream()
                            .allMatch(partition -> now.get(partition).epoch()
                                    > before.get(partition).epoch());
        });
        scene.awaitAllApplied();
    }

    private static void end(ShooflyProcess applier) throws Exception {
        applier.signal("TERM");
        assertThat(applier.exitCode(LIMIT)).as(applier.err()).isZero();
    }
}
