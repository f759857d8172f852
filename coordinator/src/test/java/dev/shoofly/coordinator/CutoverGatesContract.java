package dev.shoofly.coordinator;

import static dev.shoofly.coordinator.MigrationFixture.awaitState;
import static dev.shoofly.coordinator.MigrationFixture.spec;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import dev.shoofly.coordinator.events.EventSchema;
import dev.shoofly.coordinator.events.Receiver;
import dev.shoofly.database.Database;
import dev.shoofly.database.OldTable;
import dev.shoofly.database.control.Command.Verb;
import dev.shoofly.database.control.ForcedGates;
import dev.shoofly.database.control.GateRows.Gates;
import dev.shoofly.database.control.Migration;
import dev.shoofly.model.CutoverConditions;
import dev.shoofly.model.CutoverMode;
import dev.shoofly.model.FaultPoints;
import dev.shoofly.model.GateName;
import dev.shoofly.model.GateReport;
import dev.shoofly.model.KillBlockers;
import dev.shoofly.model.MigrationId;
import dev.shoofly.model.MigrationSpec;
import dev.shoofly.model.MigrationState;
import dev.shoofly.model.TopicNames;
import dev.shoofly.servers.DatabaseServer;
import dev.shoofly.servers.fixture.TestServers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.LocalTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Predicate;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** No attempt to swap begins while the operator's gates are shut, and whoever holds the table is ended when he says so. */
abstract class CutoverGatesContract {
    private static final Duration LIMIT = Duration.ofSeconds(90);

    @TempDir
    Path directory;

    abstract DatabaseServer server();

    abstract OrdersTable table();

    /** Later today, or tomorrow. */
    private static String shutWindow() {
        DateTimeFormatter minutes = DateTimeFormatter.ofPattern("HH:mm");
        LocalTime now = LocalTime.now(ZoneOffset.UTC).truncatedTo(ChronoUnit.MINUTES);
        return minutes.format(now.plusHours(3)) + "-" + minutes.format(now.plusHours(4)) + " UTC";
    }

    @Test
    void noAttemptBeginsOutsideOfTheWindowOrWhileTheFileExistsOrIsHeldUpForEver() throws Exception {
        MigrationFixture fixture =
                new MigrationFixture(server(), () -> TestServers.kafka().bootstrapServers(), directory, table());
        Path file = Files.createFile(directory.resolve("postpone"));
        MigrationSpec auto = spec(CutoverMode.AUTO, table().alters());
        MigrationSpec spec = auto.cuttingOver(auto.cutover()
                .withRetainOld(Duration.ofHours(1))
                .withConditions(CutoverConditions.within(shutWindow())
                        .postponedBy(file.toString())
                        .ending(KillBlockers.IDLE_IN_TRANSACTION, Duration.ofSeconds(1))));
        try (Database database = fixture.open(FaultPoints.NONE);
                Receiver receiver = new Receiver(number -> 204);
                MigrationRunner runner = fixture.runner(database, receiver.address());
                Connection idle = fixture.connect()) {
            CompletableFuture<MigrationOutcome> outcome = CompletableFuture.supplyAsync(() -> runner.start(spec));
            awaitState(runner, MigrationState.READY);
            MigrationId id = runner.snapshot().orElseThrow().id();
            await(database, id, gates -> isShut(gates, GateName.WINDOW) && isShut(gates, GateName.POSTPONE));
            GateReport window = find(database, id, GateName.WINDOW).orElseThrow();
            assertThat(window.opensAt()).endsWith("UTC");
            assertThat(window.remedy()).contains("--force window");
            assertThat(find(database, id, GateName.POSTPONE).orElseThrow().reason())
                    .contains(file.toString());

            idle.setAutoCommit(false);
            use(idle);
            new MigrationControl(database)
                    .request(
                            id,
                            Verb.CUTOVER,
                            new ForcedGates(Set.of(GateName.WINDOW), "somebody"),
                            Duration.ofSeconds(30));
            await(
                    database,
                    id,
                    gates -> is(gates, GateName.WINDOW, GateReport.State.FORCED) && isShut(gates, GateName.POSTPONE));
            assertThat(database.control().migrations().find(id).orElseThrow().state())
                    .isEqualTo(MigrationState.READY);
            assertThat(runner.snapshot().orElseThrow().cutoverAttempts()).isZero();
            use(idle);

            Files.delete(file);
            RollbackContract.awaitActivity(runner, "is kept until");
            runner.interrupt();
            assertThat(outcome.get()).as("%s", runner.snapshot()).isEqualTo(MigrationOutcome.COMPLETED);
            assertThatThrownBy(() -> use(idle)).as("it held the table").isInstanceOf(SQLException.class);
            assertThat(fixture.texts("SELECT detail FROM shoofly.migration_log WHERE event = 'FORCED'"))
                    .containsExactly("window, by somebody");
            assertThat(fixture.texts("SELECT detail FROM shoofly.migration_log WHERE event = 'KILLED'"))
                    .singleElement()
                    .asString()
                    .contains("session ", "idle in transaction")
                    .doesNotContain("SELECT");
            assertThat(told(receiver.taken(), id))
                    .containsSubsequence("created", "copying", "ready", "forced", "killed", "cutover", "completed")
                    .doesNotHaveDuplicates()
                    .isEqualTo(told(published(id), id));
            theOldTableIsDroppedByWhoeverResumes(fixture, database, id);
        }
    }

    /** Its process has ended before the time was over. */
    private static void theOldTableIsDroppedByWhoeverResumes(
            MigrationFixture fixture, Database database, MigrationId id) throws Exception {
        String old = "_orders_" + id + "_old";
        Migration complete = database.control().migrations().find(id).orElseThrow();
        assertThat(fixture.tables()).contains(old);
        assertThat(MigrationControl.awaitsRetirement(complete)).isTrue();
        assertThat(new Doctor(database).examine(Optional.empty()).leftovers())
                .filteredOn(left -> left.migration().equals(id.value()))
                .singleElement()
                .extracting(Doctor.Leftover::why)
                .asString()
                .contains("--retain-old", "resume " + id);
        OldTable table = database.oldTable(Objects.requireNonNull(complete.plan()));
        try (Connection reader = fixture.connect();
                Statement statement = reader.createStatement()) {
            reader.setAutoCommit(false);
            statement.executeQuery("SELECT count(*) FROM " + old).close();
            assertThat(table.drop(Duration.ofSeconds(1)))
                    .as("somebody reads it")
                    .isPresent();
        }
        fixture.execute("UPDATE shoofly.migrations SET drop_old_at_millis = 1 WHERE id = '" + id + "'");
        try (MigrationRunner again = fixture.runner(database, FaultPoints.NONE)) {
            assertThat(again.retire(id)).isEqualTo(MigrationOutcome.COMPLETED);
        }
        assertThat(fixture.tables()).contains("orders").doesNotContain(old);
        assertThat(database.control()
                        .migrations()
                        .find(id)
                        .orElseThrow()
                        .retention()
                        .isPending())
                .isFalse();
        assertThat(table.drop(Duration.ofSeconds(1))).as("once more").isEmpty();
        assertThat(told(published(id), id)).endsWith("old-dropped");
    }

    /** Names of the events, each of which must be valid. */
    private static List<String> told(List<String> messages, MigrationId id) throws Exception {
        List<String> names = new ArrayList<>();
        for (String json : messages) {
            JsonNode message = EventSchema.valid(json);
            assertThat(message.get("migration").asText()).isEqualTo(id.value());
            names.add(message.get("event").asText());
        }
        return names;
    }

    /** What the topic has of this migration. */
    private static List<String> published(MigrationId id) {
        TopicPartition only = new TopicPartition(TopicNames.EVENTS, 0);
        List<String> found = new ArrayList<>();
        try (KafkaConsumer<String, String> consumer = new KafkaConsumer<>(
                Map.of("bootstrap.servers", TestServers.kafka().bootstrapServers()),
                new StringDeserializer(),
                new StringDeserializer())) {
            consumer.assign(List.of(only));
            consumer.seekToBeginning(List.of(only));
            long end = Objects.requireNonNull(consumer.endOffsets(List.of(only)).get(only));
            while (consumer.position(only) < end) {
                consumer.poll(Duration.ofMillis(200)).forEach(each -> {
                    if (each.key().equals(id.value())) {
                        found.add(each.value());
                    }
                });
            }
        }
        return found;
    }

    private static void use(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.executeQuery("SELECT count(*) FROM orders").close();
        }
    }

    private static Optional<GateReport> find(Database database, MigrationId id, GateName gate) {
        return find(database.control().gates().find(id), gate);
    }

    private static Optional<GateReport> find(Gates gates, GateName gate) {
        return gates.reports().stream().filter(report -> report.gate() == gate).findFirst();
    }

    private static boolean isShut(Gates gates, GateName gate) {
        return is(gates, gate, GateReport.State.SHUT);
    }

    private static boolean is(Gates gates, GateName gate, GateReport.State state) {
        return find(gates, gate).filter(report -> report.state() == state).isPresent();
    }

    private static void await(Database database, MigrationId id, Predicate<Gates> condition) {
        long giveUpAt = System.nanoTime() + LIMIT.toNanos();
        Gates gates = database.control().gates().find(id);
        while (!condition.test(gates)) {
            assertThat(System.nanoTime()).as("%s", gates).isLessThan(giveUpAt);
            LockSupport.parkNanos(50_000_000);
            gates = database.control().gates().find(id);
        }
    }
}
