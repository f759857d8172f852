package dev.shoofly.cli;

import static dev.shoofly.cli.SharedAppliers.LIMIT;
import static dev.shoofly.cli.SharedAppliers.await;
import static org.assertj.core.api.Assertions.assertThat;

import dev.shoofly.servers.DatabaseServer;
import dev.shoofly.servers.PostgresVersion;
import dev.shoofly.servers.fixture.TestServers;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * One migration whose rows are copied by several processes, of which one is killed between two chunks. Their speed is changed
 * from another terminal. Indexes are built after the copy, with the appliers of another process standing still.
 * Runs on PostgreSQL; {@code -Dshoofly.test.database=mysql} takes MySQL.
 */
class SharedBackfillIT {
    private static final boolean MYSQL =
            System.getProperty("shoofly.test.database", "postgres").equals("mysql");
    private static final String FAULT_POINT = "SHOOFLY_FAULT_POINT";

    @TempDir
    private Path directory;

    private SharedAppliers scene;

    @BeforeEach
    void createTheTable() throws Exception {
        DatabaseServer server = MYSQL ? TestServers.mysql() : TestServers.postgres(PostgresVersion.V17);
        // So many that the copy lasts, at one hundredth of its speed, until both copiers have come.
        scene = new SharedAppliers(server, directory, 150_000);
        scene.execute("CREATE INDEX by_amount ON t (amount)");
    }

    @Test
    void copiersThatAreKilledAndReplacedCopyEveryRow() throws Exception {
        Map<Long, Long> expected;
        try (TableWriter writer = TableWriter.start(scene.server(), "t", scene.initial());
                ShooflyProcess applier = scene.serve(Map.of());
                ShooflyProcess owner = scene.migrate(
                        MYSQL ? "MODIFY amount bigint NOT NULL" : "ALTER COLUMN amount TYPE bigint",
                        "--chunk-rows",
                        "50",
                        "--chunk-time",
                        "10ms",
                        "--throttle-io",
                        "1",
                        "--defer-indexes",
                        "always")) {
            scene.awaitState(owner, "COPYING");
            try (ShooflyProcess killed = scene.serveAs("backfill", Map.of(FAULT_POINT, "backfill.before-chunk@3"))) {
                await("the death of a copier", () -> !killed.isAlive());
            }
            try (ShooflyProcess heir = scene.serveAs("backfill", Map.of())) {
                await("its claim", () -> claims(heir) > 0);
                scene.run("throttle", "t", "--throttle-io", "100", "--chunk-time", "200ms");
                scene.awaitState(owner, "READY");
                heir.signal("TERM");
                assertThat(heir.exitCode(LIMIT)).as(heir.err()).isZero();
            }
            assertThat(scene.number("SELECT count(*) FROM shoofly.segments WHERE migration_id = '" + scene.id()
                            + "' AND epoch > 1"))
                    .as("segments that changed hands")
                    .isPositive();
            scene.run("cutover", "t");
            assertThat(owner.exitCode(LIMIT)).as(owner.err()).isZero();
            assertThat(applier.isAlive()).isTrue();
            long soFar = writer.writes();
            await("writes after the swap", () -> writer.writes() > soFar + 50);
            expected = writer.stop();
        }
        assertThat(scene.rows("t")).isEqualTo(expected);
    }

    private long claims(ShooflyProcess copier) {
        return scene.number("SELECT count(*) FROM shoofly.segments WHERE migration_id = '" + scene.id()
                + "' AND done = 0 AND worker LIKE '%:" + copier.pid() + "'");
    }
}
