package dev.shoofly.cli;

import static dev.shoofly.cli.SharedAppliers.LIMIT;
import static dev.shoofly.cli.SharedAppliers.await;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
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
 * One migration, its appliers in processes of their own. Runs on MySQL; {@code -Dshoofly.test.database=postgres} takes
 * PostgreSQL.
 */
class SharedApplierIT {
    private static final boolean POSTGRES =
            System.getProperty("shoofly.test.database", "mysql").equals("postgres");
    private static final Map<String, String> PLAIN = Map.of();

    @TempDir
    private Path directory;

    private SharedAppliers scene;

    @BeforeEach
    void createTheTable() throws Exception {
        DatabaseServer server = POSTGRES ? TestServers.postgres(PostgresVersion.V17) : TestServers.mysql();
        scene = new SharedAppliers(server, directory);
    }

    /** There, back, there again and back: the same processes apply in both directions. */
    @Test
    void appliersThatAreAddedKilledAndEndedLoseNothing() throws Exception {
        Map<Long, Long> expected;
        try (TableWriter writer = TableWriter.start(scene.server(), "t", scene.initial());
                ShooflyProcess migrate = scene.migrate(
                        POSTGRES ? "ALTER COLUMN amount TYPE bigint" : "MODIFY amount bigint NOT NULL",
                        "--chunk-rows",
                        "200",
                        "--rollback-window",
                        "10m");
                ShooflyProcess first = scene.serve(PLAIN);
                ShooflyProcess second = scene.serve(PLAIN)) {
            await("both at work", () -> {
                assertThat(migrate.isAlive()).as(migrate.err()).isTrue();
                return !scene.partitionsOf(first).isEmpty()
                        && !scene.partitionsOf(second).isEmpty();
            });
            takesOverFrom(first);
            try (ShooflyProcess third = scene.serve(PLAIN, "t")) {
                await("the third at work", () -> !scene.partitionsOf(third).isEmpty());
                takesOverFrom(second);
                scene.awaitState(migrate, "READY");
                standsStillWhilePaused(writer);
                leavesAtOnce(third);
            }
            JsonNode apply = scene.status().get("apply");
            assertThat(apply.get("appliers")).isEmpty();
            assertThat(apply.get("unclaimedPartitions")).hasSize(6);
            try (ShooflyProcess fourth = scene.serve(PLAIN)) {
                scene.run("cutover", "t");
                scene.awaitState(migrate, "CUTOVER");
                await(
                        "the old table kept up to date",
                        () -> !scene.partitionsOf(fourth).isEmpty()
                                && scene.progress().stream().allMatch(row -> row.marker() > 0)
                                && migrate.err().contains("'rollback"));
                try (ShooflyProcess fifth = scene.serve(PLAIN)) {
                    takesOverFrom(fourth);
                    scene.run("rollback", "t", "--keep", "1h");
                    scene.awaitState(migrate, "READY");
                    long marker = scene.marker();
                    await(
                            "the new table kept up to date again",
                            () -> scene.progress().stream().allMatch(row -> row.marker() > marker));
                    scene.run("cutover", "t");
                    scene.awaitState(migrate, "CUTOVER");
                    scene.run("rollback", "t");
                    assertThat(migrate.exitCode(LIMIT)).as(migrate.err()).isEqualTo(4);
                    assertThat(fifth.isAlive()).isTrue();
                    fifth.signal("TERM");
                    assertThat(fifth.exitCode(LIMIT)).as(fifth.err()).isZero();
                }
            }
            assertThat(scene.state()).isEqualTo("ROLLED_BACK");
            long soFar = writer.writes();
            await("writes after the swap", () -> writer.writes() > soFar + 50);
            expected = writer.stop();
        }
        assertThat(scene.rows("t")).isEqualTo(expected);
        assertThat(scene.reported()).isEmpty();
    }

    /** Every partition of the killed process passes a marker that was written after the kill. */
    private void takesOverFrom(ShooflyProcess victim) {
        List<Integer> lost = scene.partitionsOf(victim);
        victim.kill();
        long killed = System.nanoTime();
        long marker = scene.marker();
        await(
                "partitions " + lost,
                () -> scene.progress().stream()
                        .filter(row -> lost.contains(row.partition()))
                        .allMatch(row -> row.marker() > marker));
        long millis = Duration.ofNanos(System.nanoTime() - killed).toMillis();
        System.out.println("partitions " + lost + " of a killed applier were applied again after " + millis + " ms");
    }

    private void standsStillWhilePaused(TableWriter writer) throws Exception {
        scene.run("pause", "t");
        List<Row> before = scene.progress();
        long soFar = writer.writes();
        await("writes while paused", () -> writer.writes() > soFar + 200);
        assertThat(scene.progress()).isEqualTo(before);
        scene.run("resume", "t");
        await(
                "work after the pause",
                () -> scene.progress().stream()
                        .allMatch(row ->
                                row.marker() > before.get(row.partition()).marker()));
    }

    private void leavesAtOnce(ShooflyProcess last) throws Exception {
        last.signal("TERM");
        assertThat(last.exitCode(LIMIT)).as(last.err()).isZero();
        assertThat(scene.partitionsOf(last)).as("signed off").isEmpty();
    }

    @Test
    void oneApplierServesAMigrationThatItFailsThenItsNextOwnerAndThenOneThatIsCancelled() throws Exception {
        try (ShooflyProcess applier = scene.serve(PLAIN)) {
            try (ShooflyProcess migrate =
                    scene.migrate(POSTGRES ? "ALTER COLUMN amount TYPE smallint" : "MODIFY amount smallint NOT NULL")) {
                scene.awaitState(migrate, "READY");
                scene.execute("INSERT INTO t (id, amount) VALUES (77777, 1000000)");

                assertThat(migrate.exitCode(LIMIT)).isEqualTo(1);
                assertThat(migrate.err()).contains("applier", "77777");
            }
            assertThat(scene.state()).isEqualTo("FAILED");
            assertThat(scene.status().get("reason").asText()).contains("77777");
            assertThat(applier.isAlive()).isTrue();

            scene.execute("UPDATE t SET amount = 5 WHERE id = 77777");
            // The same applier serves the next owner, without being told.
            scene.run(
                    "cutover",
                    "t",
                    "--applier-threads",
                    "0",
                    "--bootstrap-servers",
                    TestServers.kafka().bootstrapServers());
            assertThat(scene.state()).isEqualTo("COMPLETED");
            assertThat(scene.rows("t")).hasSize(10_001).containsEntry(77_777L, 5L);

            leavesACancelledMigration(applier);
        }
    }

    private void leavesACancelledMigration(ShooflyProcess applier) throws Exception {
        String said = applier.err();
        assertThat(said).contains("and so does the migration");
        try (ShooflyProcess migrate =
                scene.migrate(POSTGRES ? "ALTER COLUMN amount TYPE bigint" : "MODIFY amount bigint NOT NULL")) {
            scene.awaitState(migrate, "READY");
            await("its partitions", () -> scene.partitionsOf(applier).size() == 6);
            scene.run("cancel", "t");
            assertThat(migrate.exitCode(LIMIT)).as(migrate.err()).isEqualTo(4);
        }
        assertThat(scene.number("SELECT count(*) FROM shoofly.appliers")).isZero();
        assertThat(applier.isAlive()).as(applier.err()).isTrue();
        assertThat(applier.err()).as("nothing to warn of").isEqualTo(said);
    }
}
