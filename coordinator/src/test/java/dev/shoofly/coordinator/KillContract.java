package dev.shoofly.coordinator;

import static dev.shoofly.coordinator.MigrationFixture.ROWS;
import static org.assertj.core.api.Assertions.assertThat;

import dev.shoofly.servers.DatabaseServer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * One migration whose process, Kafka included, dies in every state and at every step of the cut-over and of the way back, and
 * is started again by the same command, under writers that never stop.
 */
abstract class KillContract {
    private static final String SECOND_OF_COPY = "second step of the copy";

    private static final List<String> POINTS = List.of(
            "state.CREATED",
            "state.PLANNING",
            "state.PREPARING",
            "state.COPYING",
            "copy.before-commit",
            // PostgreSQL copies this table without its key, and sweeps nothing.
            SECOND_OF_COPY,
            "indexes.before-build",
            "indexes.after-build",
            "state.SYNCHRONIZING",
            // After that state: from COPYING the run could reach SYNCHRONIZING before its first reconcile,
            // and pass it by.
            "reconcile.before-commit",
            "state.VALIDATING",
            "verify.compared",
            "state.READY",
            "swap.ahead",
            "swap.locked",
            // The next step is among those of the run that goes forward again: a start takes long.
            "swap.drained",
            "swap.after-rename",
            "state.CUTOVER");

    private static final List<String> POINTS_BACK = List.of(
            "back.opened", "swap-back.locked", "swap-back.before-rename", "swap-back.after-rename", "swap-back.done");

    private static final String LAST_STEP_OF_SWAP_BACK = "last step of the swap back";
    private static final String LAST_STEP_OF_SWAP = "last step of the swap";

    /** What a run passes that is rolled back, kept, and goes forward again. The other steps of the swaps, and the next round's. */
    private static final List<String> POINTS_AGAIN = List.of(
            "swap-back.ahead",
            "swap-back.drained",
            LAST_STEP_OF_SWAP_BACK,
            "forward-again.recorded",
            "verify.compared",
            "state.READY",
            "swap.before-rename",
            LAST_STEP_OF_SWAP,
            "finish.recorded");

    /** What is written while a process starts is its backlog, and it starts twenty times. */
    private static final int PAUSE_MILLIS = 30;

    @TempDir
    Path directory;

    abstract DatabaseServer server();

    abstract OrdersTable table();

    /** A point that only this database's copy passes. */
    abstract String secondStepOfCopy();

    /** Behind the RENAME, without a name of the swap's direction. */
    abstract String lastStepOfSwap();

    /** Where it dies, in the order in which they are passed. */
    private List<String> points() {
        return Stream.concat(POINTS.stream(), POINTS_BACK.stream())
                .map(point -> point.equals(SECOND_OF_COPY) ? secondStepOfCopy() : point)
                .toList();
    }

    private List<String> pointsAgain() {
        return POINTS_AGAIN.stream()
                .map(point -> switch (point) {
                    case LAST_STEP_OF_SWAP_BACK -> "swap-back." + lastStepOfSwap();
                    case LAST_STEP_OF_SWAP -> "swap." + lastStepOfSwap();
                    default -> point;
                })
                .toList();
    }

    /** Hangs on the table what must go over with it. */
    void attach(MigrationFixture fixture) throws SQLException {}

    void checkAttached(MigrationFixture fixture, RecordedWriters writers) throws SQLException {}

    void detach(MigrationFixture fixture) throws SQLException {}

    @Test
    void losesNoAcknowledgedWriteWhenKilledInEveryStateAndAtEveryStepThereAndBack() throws Exception {
        MigrationFixture fixture = new MigrationFixture(server(), () -> "", directory, table());
        fixture.execute("UPDATE orders SET legacy = id + 7");
        attach(fixture);
        RecordedWriters writers = new RecordedWriters(server(), ROWS, false, PAUSE_MILLIS);
        try {
            for (String point : points()) {
                assertThat(run(point))
                        .as("exit of the run that dies at %s:%n%s", point, log(point))
                        .isEqualTo(ChildRun.KILLED);
                writers.awaitMore(20);
            }
            assertThat(run("never")).as("%s", log("never")).isEqualTo(MigrationOutcome.ROLLED_BACK.exitCode());
            writers.awaitMore(100);
            writers.stopAndCheck();
            checkAttached(fixture, writers);
            assertThat(fixture.tables())
                    .contains("orders")
                    .noneMatch(name -> name.endsWith("_new") || name.endsWith("_old"));
            assertThat(fixture.tables().stream().filter(name -> name.endsWith("_undone")))
                    .hasSize(1);
            assertThat(fixture.texts("SELECT count(*) FROM orders WHERE id <= " + ROWS + " AND legacy <> id + 7"))
                    .as("what the new table had no column for")
                    .containsExactly("0");
        } finally {
            writers.close();
            detach(fixture);
        }
    }

    @Test
    void losesNoAcknowledgedWriteWhenKilledAtEveryStepBetweenARollbackAndTheNextSwap() throws Exception {
        MigrationFixture fixture = new MigrationFixture(server(), () -> "", directory, table());
        attach(fixture);
        RecordedWriters writers = new RecordedWriters(server(), ROWS, false, PAUSE_MILLIS);
        try {
            for (String point : pointsAgain()) {
                assertThat(run(point, "again"))
                        .as("exit of the run that dies at %s:%n%s", point, log(point))
                        .isEqualTo(ChildRun.KILLED);
                writers.awaitMore(20);
            }
            assertThat(run("never", "again")).as("%s", log("never")).isEqualTo(MigrationOutcome.COMPLETED.exitCode());
            writers.awaitMore(100);
            writers.stopAndCheck();
            checkAttached(fixture, writers);
            assertThat(fixture.tables())
                    .contains("orders")
                    .noneMatch(name -> name.contains("_new") || name.contains("_undone") || name.startsWith("kept_"));
            assertThat(fixture.texts("SELECT count(*) FROM orders WHERE status <> 'new'"))
                    .as("the new table has its name")
                    .containsExactly("0");
        } finally {
            writers.close();
            detach(fixture);
        }
    }

    private int run(String point, String... more) throws IOException, InterruptedException {
        return ChildRun.run(point, server(), table(), directory, more);
    }

    private String log(String point) throws IOException {
        List<String> lines = Files.readAllLines(directory.resolve(point + ".log"));
        return String.join("\n", lines.subList(Math.max(0, lines.size() - 60), lines.size()));
    }
}
