package dev.shoofly.coordinator;

import dev.shoofly.database.Database;
import dev.shoofly.database.Databases;
import dev.shoofly.database.connection.ConnectionProfile;
import dev.shoofly.database.connection.Secret;
import dev.shoofly.database.control.Command;
import dev.shoofly.database.control.Migration;
import dev.shoofly.model.CutoverMode;
import dev.shoofly.model.FaultPoints;
import dev.shoofly.model.MigrationMetrics;
import dev.shoofly.model.MigrationState;
import dev.shoofly.model.ShooflyException;
import dev.shoofly.servers.DatabaseServer;
import dev.shoofly.servers.EmbeddedKafka;
import dev.shoofly.servers.fixture.ChildJvm;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A process that migrates {@code orders}, its Kafka inside it, and dies without a word at a named point: arguments URL,
 * user, directory, table kind, point; the password in the environment. Exit 137 at the point, else the outcome's code. The old
 * table is asked for as soon as the rollback window is open. With a sixth argument it is kept, the word to go forward again is
 * given as soon as it is waited for, and the window after that is closed.
 */
final class ChildRun {
    static final int KILLED = 137;
    private static final String PASSWORD = "SHOOFLY_TEST_PASSWORD";
    private static final Duration LIMIT = Duration.ofMinutes(4);

    private ChildRun() {}

    /**
     * Starts one and waits for its end. What it says is in {@code point.log}.
     *
     * @param directory where Kafka's data stay, too
     * @return its exit code
     */
    static int run(String point, DatabaseServer server, OrdersTable table, Path directory, String... more)
            throws IOException, InterruptedException {
        List<String> command =
                new ArrayList<>(ChildJvm.command(ChildRun.class, "768m", "dev.shoofly.applier.PartitionTask"));
        command.addAll(List.of(server.jdbcUrl(), server.user(), directory.toString(), table.name(), point));
        command.addAll(List.of(more));
        return ChildJvm.run(command, Map.of(PASSWORD, server.password()), directory.resolve(point + ".log"), LIMIT);
    }

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
                new ConnectionProfile(arguments[0], arguments[1], new Secret(System.getenv(PASSWORD)));
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
            boolean again = arguments.length > 5;
            Thread asking = new Thread(() -> ask(database, runner, again));
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

    private static void askFor(Database database, MigrationSnapshot now, boolean again) {
        boolean second = again
                && database.control()
                        .migrations()
                        .find(now.id())
                        .map(Migration::plan)
                        .filter(plan -> plan.round() > 1)
                        .isPresent();
        if (now.state() == MigrationState.READY && second) {
            database.control().commands().request(now.id(), Command.Verb.CUTOVER);
        } else if (now.state() == MigrationState.CUTOVER && second) {
            database.control().commands().request(now.id(), Command.Verb.COMPLETE);
        } else if (now.state() == MigrationState.CUTOVER) {
            new MigrationControl(database)
                    .keepAfterRollback(now.id(), again ? Optional.of(Duration.ofHours(1)) : Optional.empty());
            database.control().commands().request(now.id(), Command.Verb.ROLLBACK);
        }
    }

    /** Refused until the window is open, so again and again. */
    private static void ask(Database database, MigrationRunner runner, boolean again) {
        while (true) {
            try {
                Optional<MigrationSnapshot> now = runner.snapshot();
                if (now.isPresent()) {
                    askFor(database, now.get(), again);
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
