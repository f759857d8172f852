package dev.shoofly.cli;

import static dev.shoofly.cli.SharedAppliers.LIMIT;
import static dev.shoofly.cli.SharedAppliers.await;
import static org.assertj.core.api.Assertions.assertThat;

import dev.shoofly.servers.DatabaseServer;
import dev.shoofly.servers.KafkaBroker;
import dev.shoofly.servers.PostgresVersion;
import dev.shoofly.servers.fixture.TestServers;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** An applier in a process of its own goes on after the database and after Kafka were restarted, and nobody has to help. */
@Timeout(400)
class RestartedServersIT {
    @TempDir
    private Path directory;

    @Test
    void anApplierElsewhereOutlastsRestartsOfMySqlAndKafka() throws Exception {
        try (DatabaseServer server = TestServers.dedicatedMySql(Map.of())) {
            migratesThroughRestarts(server, "MODIFY amount bigint NOT NULL");
        }
    }

    @Test
    void anApplierElsewhereOutlastsRestartsOfPostgresAndKafka() throws Exception {
        try (DatabaseServer server = TestServers.dedicatedPostgres(PostgresVersion.V17, Map.of())) {
            migratesThroughRestarts(server, "ALTER COLUMN amount TYPE bigint");
        }
    }

    private void migratesThroughRestarts(DatabaseServer server, String alter) throws Exception {
        Path data = directory.resolve("kafka");
        KafkaBroker kafka = TestServers.dedicatedKafka(data);
        try {
            SharedAppliers scene = new SharedAppliers(server, kafka.bootstrapServers(), directory);
            Map<Long, Long> expected;
            Map<Long, Long> found;
            try (TableWriter writer = TableWriter.startThroughRestarts(server, "t", scene.initial());
                    ShooflyProcess migrate = scene.migrate(alter);
                    ShooflyProcess applier = scene.serve(Map.of())) {
                scene.awaitState(migrate, "READY");

                server.restart();
                goesOn(scene, writer, applier);

                kafka.close();
                awaitMoreOf(writer);
                kafka = TestServers.dedicatedKafka(data);
                goesOn(scene, writer, applier);

                scene.run("cutover", "t");
                assertThat(migrate.exitCode(LIMIT)).as(migrate.err()).isZero();
                awaitMoreOf(writer);
                expected = writer.stop();
                found = scene.rows("t");
                expected.keySet().removeAll(writer.unknown());
                found.keySet().removeAll(writer.unknown());
                assertThat(applier.isAlive()).as(applier.err()).isTrue();
            }
            assertThat(found).isEqualTo(expected);
        } finally {
            kafka.close();
        }
    }

    /** What is written from now on arrives, by the same process as before. */
    private static void goesOn(SharedAppliers scene, TableWriter writer, ShooflyProcess applier) {
        awaitMoreOf(writer);
        scene.awaitAllApplied();
        await("its partitions", () -> scene.partitionsOf(applier).size() == 6);
        assertThat(applier.isAlive()).as(applier.err()).isTrue();
    }

    private static void awaitMoreOf(TableWriter writer) {
        long soFar = writer.writes();
        await("writes", () -> writer.writes() > soFar + 100);
    }
}
