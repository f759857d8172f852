package dev.shoofly.coordinator;

import static org.assertj.core.api.Assertions.assertThat;

import dev.shoofly.database.Database;
import dev.shoofly.database.control.Command;
import dev.shoofly.model.CutoverMode;
import dev.shoofly.model.CutoverSettings;
import dev.shoofly.model.DeferIndexes;
import dev.shoofly.model.FaultPoints;
import dev.shoofly.model.MigrationId;
import dev.shoofly.model.MigrationSpec;
import dev.shoofly.model.MigrationState;
import dev.shoofly.model.OnDuplicates;
import dev.shoofly.model.StrategyChoice;
import dev.shoofly.servers.DatabaseServer;
import dev.shoofly.servers.fixture.TestServers;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Rows that collide under a new unique key stop a migration before its cut-over, and are named. */
@Timeout(180)
abstract class RealDuplicatesContract {
    private static final Duration ANSWER = Duration.ofSeconds(30);

    @TempDir
    Path directory;

    private MigrationFixture fixture;
    private Database database;

    abstract DatabaseServer server();

    abstract OrdersTable orders();

    /** Tells upper from lower case. */
    abstract String mailType();

    /** A unique key on column {@code mail} of table {@code people}. */
    abstract List<String> uniqueMail();

    /** After which names that differ in their case are equal under the unique key on {@code mail}. */
    abstract List<String> blindToCase();

    @BeforeEach
    void createPeople() throws Exception {
        fixture = new MigrationFixture(server(), () -> TestServers.kafka().bootstrapServers(), directory, orders());
        database = fixture.open(FaultPoints.NONE);
        fixture.execute("DROP TABLE IF EXISTS people");
        fixture.execute("CREATE TABLE people (id int PRIMARY KEY, mail " + mailType() + ")");
        for (int i = 1; i <= 60; i++) {
            fixture.execute("INSERT INTO people VALUES (" + i + ", 'person " + i + "')");
        }
    }

    @AfterEach
    void closeDatabase() {
        database.close();
    }

    @Test
    void holdsWithUpToTenPairsNamedAndGoesOnOnceTheRowsAreCorrected() throws Exception {
        fixture.execute("UPDATE people SET mail = 'person 7' WHERE id = 23");
        fixture.execute("UPDATE people SET mail = 'twice' WHERE id BETWEEN 31 AND 50");
        try (MigrationRunner runner = fixture.runner(database, FaultPoints.NONE)) {
            CompletableFuture<MigrationOutcome> outcome =
                    CompletableFuture.supplyAsync(() -> runner.start(spec(CutoverMode.AUTO, OnDuplicates.HOLD)));
            MigrationFixture.awaitState(runner, MigrationState.PAUSED);
            MigrationSnapshot held = runner.snapshot().orElseThrow();
            MigrationId id = held.id();
            assertThat(database.control().migrations().find(id).orElseThrow().reason())
                    .contains("one_of_each")
                    .contains("(person 7) in the rows 7 and 23")
                    .containsPattern("\\(twice\\) in the rows [34]\\d and [345]\\d")
                    .contains("there may be more");
            assertThat(fixture.tables()).contains("people").doesNotContain("_people_" + id + "_old");
            // Nothing is applied until somebody says so, though the capture goes on.
            fixture.execute("UPDATE people SET mail = concat('other ', id) WHERE id > 20");
            assertThat(outcome).isNotDone();
            assertThat(new MigrationControl(database).request(id, Command.Verb.RESUME, ANSWER))
                    .isEqualTo("resumed");
            assertThat(outcome.get(60, TimeUnit.SECONDS))
                    .as("%s", runner.snapshot())
                    .isEqualTo(MigrationOutcome.COMPLETED);
            assertThat(fixture.texts("SELECT mail FROM people WHERE id IN (7, 23) ORDER BY id"))
                    .containsExactly("person 7", "other 23");
            assertThat(fixture.texts("SELECT count(*) FROM people")).containsExactly("60");
        }
    }

    @Test
    void failsOnADuplicateThatIsWrittenWhileItIsReady() throws Exception {
        try (MigrationRunner runner = fixture.runner(database, FaultPoints.NONE)) {
            CompletableFuture<MigrationOutcome> outcome =
                    CompletableFuture.supplyAsync(() -> runner.start(spec(CutoverMode.MANUAL, OnDuplicates.FAIL)));
            MigrationFixture.awaitState(runner, MigrationState.READY);
            fixture.execute("INSERT INTO people VALUES (61, 'person 5')");
            assertThat(outcome.get(60, TimeUnit.SECONDS)).isEqualTo(MigrationOutcome.FAILED);
            MigrationSnapshot end = runner.snapshot().orElseThrow();
            assertThat(end.reason()).contains("one_of_each").contains("(person 5) in the rows 5 and 61");
            assertThat(fixture.texts("SELECT count(*) FROM people")).containsExactly("61");
            assertThat(fixture.tables()).contains("people").doesNotContain("_people_" + end.id() + "_old");
            new MigrationControl(database).cancel(end.id(), fixture.kafka());
        }
    }

    @Test
    void failsBeforeTheCutoverWhereAnotherTypeOrCollationMakesValuesEqual() throws Exception {
        fixture.execute("ALTER TABLE people " + uniqueMail().get(0));
        fixture.execute("UPDATE people SET mail = 'PERSON 7' WHERE id = 23");
        List<String> before = fixture.texts("SELECT mail FROM people ORDER BY id");
        try (MigrationRunner runner = fixture.runner(database, FaultPoints.NONE)) {
            assertThat(runner.start(spec(CutoverMode.AUTO, OnDuplicates.FAIL, blindToCase())))
                    .isEqualTo(MigrationOutcome.FAILED);
            MigrationSnapshot end = runner.snapshot().orElseThrow();
            assertThat(end.reason()).contains("one_of_each").containsPattern("(?i)\\(person 7\\) in the rows 7 and 23");
            assertThat(end.cutoverAttempts()).isZero();
            assertThat(fixture.tables()).contains("people").doesNotContain("_people_" + end.id() + "_old");
            new MigrationControl(database).cancel(end.id(), fixture.kafka());
        }
        assertThat(fixture.texts("SELECT mail FROM people ORDER BY id")).isEqualTo(before);
    }

    private MigrationSpec spec(CutoverMode mode, OnDuplicates onDuplicates) {
        return spec(mode, onDuplicates, uniqueMail());
    }

    private static MigrationSpec spec(CutoverMode mode, OnDuplicates onDuplicates, List<String> alters) {
        CutoverSettings auto = CutoverSettings.DEFAULT;
        return new MigrationSpec(
                "people",
                alters,
                StrategyChoice.SHADOW,
                4,
                20,
                new CutoverSettings(mode, auto.lockTimeout(), auto.drainTimeout(), auto.drainKeys(), auto.retries()),
                onDuplicates,
                DeferIndexes.AUTO);
    }
}
