package dev.shoofly.coordinator;

import dev.shoofly.database.Database;
import dev.shoofly.database.Databases;
import dev.shoofly.database.connection.ConnectionProfile;
import dev.shoofly.database.connection.Secret;
import dev.shoofly.model.CutoverMode;
import dev.shoofly.model.FaultPoints;
import dev.shoofly.model.MigrationMetrics;
import dev.shoofly.servers.EmbeddedKafka;
import java.nio.file.Path;
import java.time.Duration;

/**
 * A process that migrates {@code orders}, its Kafka inside it, and dies without a word at a named point: arguments URL,
 * user, directory, table kind, point; the password in the environment. Exit 137 at the point, else the outcome's code.
 */
final class ChildRun {
    static final int KILLED = 137;

    private ChildRun() {}

    public static void main(String[] arguments) throws Exception {
        Path directory = Path.of(arguments[2]);
        String point = arguments[4];
        FaultPoints die = name -> {
            if (name.equals(point)) {
                // No shutdown hook, no finally block: as kill -9 would.
                Runtime.getRuntime().halt(KILLED);
            }
        };
        ConnectionProfile profile =
                new ConnectionProfile(arguments[0], arguments[1], new Secret(System.getenv("SHOOFLY_TEST_PASSWORD")));
        int exit;
        try (EmbeddedKafka kafka = EmbeddedKafka.start(directory.resolve("kafka"));
                Database database = Databases.open(profile, 20, die);
                MigrationRunner runner = new MigrationRunner(
                        database,
                        MigrationFixture.kafka(kafka::bootstrapServers),
                        new RunnerSettings(
                                "child:" + ProcessHandle.current().pid(),
                                directory,
                                2,
                                // Its successor waits that long for the partitions of the one that was killed.
                                Duration.ofSeconds(2),
                                Duration.ofMillis(100),
                                false),
                        MigrationMetrics.NONE,
                        die)) {
            MigrationOutcome outcome = runner.start(MigrationFixture.spec(
                    CutoverMode.AUTO, OrdersTable.valueOf(arguments[3]).alters()));
            System.out.println(outcome + " " + runner.snapshot());
            exit = outcome.exitCode();
        }
        Runtime.getRuntime().halt(exit);
    }
}
