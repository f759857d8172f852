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
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Rows that really collide under a new unique key, met by an applier in a process of its own. Runs on MySQL; {@code
 * -Dshoofly.test.database=postgres} takes PostgreSQL.
 */
@Timeout(400)
class SharedDuplicatesIT {
    private static final boolean POSTGRES =
            System.getProperty("shoofly.test.database", "mysql").equals("postgres");
    private static final String UNIQUE =
            POSTGRES ? "ADD CONSTRAINT one_of_each UNIQUE (amount)" : "ADD UNIQUE KEY one_of_each (amount)";
    private static final String PAIR = "(5) in the rows 5 and 77777";

    @TempDir
    private Path directory;

    private SharedAppliers scene;

    @BeforeEach
    void createTheTable() throws Exception {
        DatabaseServer server = POSTGRES ? TestServers.postgres(PostgresVersion.V17) : TestServers.mysql();
        scene = new SharedAppliers(server, directory);
    }

    @Test
    void duplicatesThatAnApplierElsewhereMeetsEndOrHoldTheMigrationAndAreNamed() throws Exception {
        try (ShooflyProcess applier = scene.serve(Map.of())) {
            try (ShooflyProcess migrate = scene.migrate(UNIQUE)) {
                scene.awaitState(migrate, "READY");
                scene.execute("INSERT INTO t (id, amount) VALUES (77777, 5)");
                assertThat(migrate.exitCode(LIMIT)).isEqualTo(1);
                assertThat(migrate.err()).contains("applier", "one_of_each", PAIR, "original table is untouched");
            }
            assertThat(scene.state()).isEqualTo("FAILED");
            assertThat(scene.status().get("reason").asText()).contains("one_of_each", PAIR);
            scene.run("cancel", "t");
            scene.execute("DELETE FROM t WHERE id = 77777");

            holdsAndGoesOn(applier);
        }
    }

    private void holdsAndGoesOn(ShooflyProcess applier) throws Exception {
        try (ShooflyProcess migrate = scene.migrate(UNIQUE, "--on-duplicates", "hold")) {
            scene.awaitState(migrate, "READY");
            scene.execute("INSERT INTO t (id, amount) VALUES (77777, 5)");
            scene.awaitState(migrate, "PAUSED");
            assertThat(scene.status().get("reason").asText()).contains("one_of_each", PAIR);
            assertThat(scene.reported())
                    .as("what ended the applier, until the resume")
                    .isNotEmpty();
            assertThat(scene.rows("t")).hasSize(10_001).containsEntry(77_777L, 5L);

            scene.execute("UPDATE t SET amount = 77777 WHERE id = 77777");
            scene.run("resume", "t");
            await("its partitions", () -> scene.partitionsOf(applier).size() == 6);
            scene.awaitAllApplied();
            scene.run("cutover", "t");
            assertThat(migrate.exitCode(LIMIT)).as(migrate.err()).isZero();
        }
        assertThat(applier.isAlive()).as(applier.err()).isTrue();
        assertThat(scene.rows("t")).hasSize(10_001).containsEntry(77_777L, 77_777L);
    }
}
