package dev.shoofly.cli;

import static dev.shoofly.cli.SharedAppliers.LIMIT;
import static dev.shoofly.cli.SharedAppliers.await;
import static org.assertj.core.api.Assertions.assertThat;

import dev.shoofly.model.MigrationId;
import dev.shoofly.model.TopicNames;
import dev.shoofly.servers.DatabaseServer;
import dev.shoofly.servers.PostgresVersion;
import dev.shoofly.servers.fixture.TestServers;
import java.nio.file.Path;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ConsumerGroupDescription;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * One migration whose table is compared by several processes, of which one is killed in the middle. Runs on PostgreSQL;
 * {@code -Dshoofly.test.database=mysql} takes MySQL.
 */
class SharedSweepIT {
    private static final boolean MYSQL =
            System.getProperty("shoofly.test.database", "postgres").equals("mysql");
    private static final int ROWS = 100_000;

    @TempDir
    private Path directory;

    private SharedAppliers scene;

    @BeforeEach
    void createTheTable() throws Exception {
        DatabaseServer server = MYSQL ? TestServers.mysql() : TestServers.postgres(PostgresVersion.V17);
        scene = new SharedAppliers(server, directory, ROWS);
    }

    @Test
    void aVerifierThatIsKilledLeavesNoRowUncompared() throws Exception {
        Map<Long, Long> expected;
        try (TableWriter writer = TableWriter.start(scene.server(), "t", scene.initial());
                ShooflyProcess applier = scene.serve(Map.of());
                ShooflyProcess killed = scene.serveAs("verifier", Map.of());
                ShooflyProcess owner = scene.migrate(
                        MYSQL ? "MODIFY amount bigint NOT NULL" : "ALTER COLUMN amount TYPE bigint",
                        "--shared-sweep-rows",
                        "0",
                        // So slow that the sweep lasts until the other has come, and gone.
                        "--chunk-rows",
                        "100",
                        "--throttle-io",
                        "5")) {
            scene.awaitState(owner, "VALIDATING");
            await("the other process in the group", () -> !processes().isEmpty());
            Set<String> before = processes();
            killed.signal("KILL");
            try (ShooflyProcess heir = scene.serveAs("verifier", Map.of())) {
                await(
                        "the heir in the group",
                        () -> !before.containsAll(processes()) && scene.state().equals("VALIDATING"));
                scene.run("throttle", "t", "--throttle-io", "100");
                scene.awaitState(owner, "READY");
                heir.signal("TERM");
                assertThat(heir.exitCode(LIMIT)).as(heir.err()).isZero();
            }
            assertThat(scene.number("SELECT rows_verified FROM shoofly.migrations WHERE id = '" + scene.id() + "'"))
                    .isGreaterThan(ROWS / 2);
            scene.run("cutover", "t");
            assertThat(owner.exitCode(LIMIT)).as(owner.err()).isZero();
            assertThat(applier.isAlive()).isTrue();
            expected = writer.stop();
        }
        assertThat(scene.rows("t")).isEqualTo(expected);
    }

    /** Which processes take part beside the owner, by the names that their Streams threads have. */
    private Set<String> processes() {
        String group = new TopicNames(new MigrationId(scene.id())).verifierGroup();
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", scene.bootstrapServers()))) {
            Collection<ConsumerGroupDescription> found =
                    admin.describeConsumerGroups(List.of(group)).all().get().values();
            return found.stream()
                    .flatMap(each -> each.members().stream())
                    .map(member -> member.clientId().replaceAll("-StreamThread-.*", ""))
                    .collect(Collectors.toSet());
        } catch (ExecutionException e) {
            // Nobody is in it yet.
            return Set.of();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }
}
