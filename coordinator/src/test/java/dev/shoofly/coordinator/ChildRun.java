package dev.shoofly.coordinator;

import dev.shoofly.database.Database;
import dev.shoofly.database.Databases;
import dev.shoofly.database.connection.ConnectionProfile;
import dev.shoofly.database.connection.Secret;
import dev.shoofly.database.control.Command;
import dev.shoofly.model.CutoverMode;
import dev.shoofly.model.FaultPoints;
import dev.shoofly.model.MigrationMetrics;
import dev.shoofly.model.MigrationState;
import dev.shoofly.model.ShooflyException;
import dev.shoofly.servers.EmbeddedKafka;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;

/**
 * A process that migrates {@code orders}, its Kafka inside it, and dies without a word at a named point: arguments URL,
 * user, directory, table kind, point; the password in the environment. Exit 137 at the point, else the outcome's code. The old
 * table is asked for as soon as the rollback window is open.
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
            Thread asking = new Thread(() -> askForTheOldTable(database, runner));
            asking.setDaemon(true);
            asking.start();
            MigrationOutcome outcome = runner.start(MigrationFixture.withRollbackWindow(
                    MigrationFixture.spec(
                            CutoverMode.AUTO, OrdersTable.valueOf(arguments[3]).alters()),
                    Duration.ofMinutes(10)));
            System.out.println(outcome + " " + runner.snapshot());
            exit = outcome.exitCode();
        }
        Runtime.getRuntime().halt(exit);
    }

    /** Refused until the window is open, so again and again. */
    private static void askForTheOldTable(Database database, MigrationRunner runner) {
        while (true) {
            try {
                Optional<MigrationSnapshot> now = runner.snapshot();
                if (now.isPresent() && now.get().state() == MigrationState.CUTOVER) {
                    database.control().commands().request(now.get().id(), Command.Verb.ROLLBACK);
                }
                Thread.sleep(300);
            } catch (ShooflyException e) {
                // The server is asked again.
            } catch (InterruptedException e) {
                return;
            }
        }
    }
}
