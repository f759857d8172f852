package dev.shoofly.coordinator;

import static dev.shoofly.coordinator.MigrationFixture.ROWS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.shoofly.database.Database;
import dev.shoofly.database.control.Migration;
import dev.shoofly.model.CutoverMode;
import dev.shoofly.model.DiskSettings;
import dev.shoofly.model.FaultPoints;
import dev.shoofly.model.MigrationSpec;
import dev.shoofly.model.MigrationState;
import dev.shoofly.model.Strategy;
import dev.shoofly.model.StrategyChoice;
import dev.shoofly.model.throttle.ThrottleSettings;
import dev.shoofly.servers.DatabaseServer;
import dev.shoofly.servers.fixture.TestServers;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A request that is carried out in parts makes the same table as the whole, whatever happens between the parts. */
@Timeout(180)
abstract class SplitContract {
    @TempDir
    Path directory;

    private MigrationFixture fixture;
    private Database database;

    abstract DatabaseServer server();

    abstract OrdersTable table();

    /** Adds a column {@code status}, retypes {@code amount}, and adds an index {@code by_note}. */
    abstract List<String> ofThreeKinds();

    /** As above, but {@code note} is shortened to five characters. */
    abstract List<String> thatFails();

    /** A clause that makes a column of this name with another value in each row. */
    abstract String computed(String column);

    abstract String retyped();

    /** A whole statement, or a clause: adds the index {@code by_column}. */
    abstract String indexOf(String column);

    abstract String like();

    /** Drops the index {@code notes}, adds {@code by_amount}, and a column. */
    abstract List<String> replacedIndex();

    /** Of the table of this name, line by line: columns and indexes. */
    abstract List<String> definition(MigrationFixture fixture, String table) throws SQLException;

    @BeforeEach
    void createOrders() throws SQLException {
        fixture = new MigrationFixture(server(), () -> TestServers.kafka().bootstrapServers(), directory, table());
        database = fixture.open(FaultPoints.NONE);
    }

    @AfterEach
    void closeDatabase() {
        database.close();
    }

    @Test
    void theServersOwnPartsComeFirstAndTheResultIsThatOfTheWhole() throws Exception {
        List<String> wanted = alteredAtOnce(ofThreeKinds());
        try (RecordedWriters writers = new RecordedWriters(server(), ROWS)) {
            assertThat(split(ofThreeKinds(), FaultPoints.NONE)).isEqualTo(MigrationOutcome.COMPLETED);
            writers.awaitMore(50);
            writers.stopAndCheck();
        }
        assertThat(definition(fixture, "orders")).isEqualTo(wanted);
        assertThat(done()).containsExactly(Strategy.INSTANT, Strategy.ONLINE, Strategy.SHADOW);

        // All of it is done: the same command is a new request.
        assertThatThrownBy(() -> split(ofThreeKinds(), FaultPoints.NONE)).hasMessageContaining("status");
    }

    @Test
    void theSameCommandAndAResumeGoOnWhereverItWasLeft() throws Exception {
        List<String> wanted = alteredAtOnce(ofThreeKinds());
        FaultPoints kill = point -> {
            if (point.equals("state.CREATED")) {
                throw new IllegalStateException("killed");
            }
        };
        assertThatThrownBy(() -> split(ofThreeKinds(), kill)).hasMessage("killed");

        Migration first = newest();
        assertThat(interruptedAt("state.COMPLETED", runner -> runner.resume(first.id())))
                .isEqualTo(MigrationOutcome.INTERRUPTED);
        assertThat(done()).containsExactly(Strategy.INSTANT);

        assertThat(interruptedAt("state.COPYING", this::split)).isEqualTo(MigrationOutcome.INTERRUPTED);
        assertThat(done()).containsExactly(Strategy.INSTANT, Strategy.ONLINE);
        Migration third = newest();
        assertThat(third.state()).isEqualTo(MigrationState.COPYING);
        assertThat(Objects.requireNonNull(third.spec().split()).words()).isEqualTo("part 3 of 3");

        assertThat(interruptedAt("state.SYNCHRONIZING", this::split)).isEqualTo(MigrationOutcome.INTERRUPTED);
        assertThat(newest().id()).isEqualTo(third.id());
        new MigrationControl(database).cancel(third.id(), fixture.kafka());
        assertThat(done()).containsExactly(Strategy.INSTANT, Strategy.ONLINE);

        assertThat(split(ofThreeKinds(), FaultPoints.NONE)).isEqualTo(MigrationOutcome.COMPLETED);
        assertThat(done()).containsExactly(Strategy.INSTANT, Strategy.ONLINE, Strategy.SHADOW);
        assertThat(definition(fixture, "orders")).isEqualTo(wanted);
    }

    @Test
    void whatIsDoneStaysWhenALaterPartFailsAndIsNotDoneAgain() throws Exception {
        fixture.execute("UPDATE orders SET note = 'much too long' WHERE id = 17");
        fixture.execute("UPDATE orders SET note = 'short' WHERE id <> 17");
        assertThat(split(thatFails(), FaultPoints.NONE)).isEqualTo(MigrationOutcome.FAILED);
        assertThat(done()).containsExactly(Strategy.INSTANT);
        assertThat(definition(fixture, "orders")).anyMatch(line -> line.startsWith("status "));

        Migration failed = newest();
        fixture.execute("UPDATE orders SET note = 'good' WHERE id = 17");
        try (MigrationRunner runner = fixture.runner(database, FaultPoints.NONE)) {
            assertThat(runner.resume(failed.id())).isEqualTo(MigrationOutcome.COMPLETED);
        }
        assertThat(done()).containsExactly(Strategy.INSTANT, Strategy.SHADOW);
    }

    @Test
    void clausesThatBelongTogetherStayTogether() {
        List<Explanation> indexed =
                parts(List.of("ADD COLUMN day date, ADD COLUMN hour int, " + retyped(), indexOf("day")));
        assertThat(indexed).extracting(Explanation::strategy).contains(Strategy.SHADOW);
        assertThat(indexed)
                .filteredOn(part -> part.alters().toString().contains("by_day"))
                .singleElement()
                .satisfies(part -> assertThat(part.alters().toString())
                        .contains("ADD COLUMN day date")
                        .doesNotContain("hour"));

        assertThat(parts(replacedIndex()))
                .hasSize(2)
                .anySatisfy(part -> assertThat(part.alters().toString()).contains("notes", "by_amount"));
        assertThat(parts(List.of(retyped()))).hasSize(1);
    }

    @Test
    void aColumnIsDroppedLast() {
        String drop = "DROP COLUMN legacy, ADD COLUMN hour int";
        assertThat(parts(List.of(drop + ", " + retyped())))
                .extracting(Explanation::strategy)
                .containsExactly(Strategy.INSTANT, Strategy.SHADOW, Strategy.INSTANT);
        assertThat(parts(List.of(drop + ", " + retyped())).get(2).alters()).containsExactly("DROP COLUMN legacy");
        assertThat(parts(List.of(drop))).hasSize(1);
    }

    @Test
    void anOrderThatMakesAnotherTableIsNotTaken() {
        List<Explanation> swapped = parts(List.of(computed("made") + ", ADD COLUMN last int"));
        assertThat(swapped).extracting(Explanation::strategy).containsExactly(Strategy.SHADOW, Strategy.INSTANT);

        assertThatThrownBy(() -> parts(List.of("ADD COLUMN one int, " + computed("made") + ", ADD COLUMN last int")))
                .hasMessageContaining("cannot split the alteration of")
                .hasMessageContaining("another definition of the table")
                .hasMessageContaining("Nothing was changed. Leave --split out");
        assertThatThrownBy(() -> parts(List.of("ADD COLUMN one int, DROP COLUMN nonsense")))
                .hasMessageContaining("cannot split the alteration of")
                .hasMessageContaining("nonsense");
    }

    private List<Explanation> parts(List<String> alters) {
        return new Explainer(database, DiskSettings.DEFAULT).explainParts(spec(alters));
    }

    private static MigrationSpec spec(List<String> alters) {
        MigrationSpec shadow = MigrationFixture.spec(CutoverMode.AUTO, alters);
        return new MigrationSpec(
                shadow.table(),
                shadow.alters(),
                StrategyChoice.AUTO,
                shadow.partitions(),
                shadow.chunkRows(),
                shadow.cutover());
    }

    private MigrationOutcome split(List<String> alters, FaultPoints faultPoints) {
        try (MigrationRunner runner = fixture.runner(database, faultPoints)) {
            return runner.startSplit(spec(alters), ThrottleSettings.DEFAULT);
        }
    }

    private MigrationOutcome split(MigrationRunner runner) {
        return runner.startSplit(spec(ofThreeKinds()), ThrottleSettings.DEFAULT);
    }

    private MigrationOutcome interruptedAt(String point, Function<MigrationRunner, MigrationOutcome> work) {
        AtomicReference<MigrationRunner> running = new AtomicReference<>();
        AtomicBoolean reached = new AtomicBoolean();
        FaultPoints interrupts = name -> {
            if (name.equals(point) && reached.compareAndSet(false, true)) {
                Objects.requireNonNull(running.get()).interrupt();
            }
        };
        try (MigrationRunner runner = fixture.runner(database, interrupts)) {
            running.set(runner);
            return work.apply(runner);
        }
    }

    private Migration newest() {
        return new MigrationControl(database).list().get(0);
    }

    private List<Strategy> done() {
        List<Migration> all = new ArrayList<>(new MigrationControl(database).list());
        all.sort(Comparator.comparing(Migration::createdAt));
        return all.stream()
                .filter(migration -> migration.state() == MigrationState.COMPLETED)
                .map(Migration::strategy)
                .toList();
    }

    private List<String> alteredAtOnce(List<String> alters) throws SQLException {
        fixture.execute("DROP TABLE IF EXISTS at_once");
        fixture.execute("CREATE TABLE at_once " + like());
        for (String alter : alters) {
            fixture.execute(
                    alter.startsWith("CREATE") ? alter.replace("orders", "at_once") : "ALTER TABLE at_once " + alter);
        }
        List<String> definition = definition(fixture, "at_once");
        fixture.execute("DROP TABLE at_once");
        return definition;
    }
}
