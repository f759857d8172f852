package dev.shoofly.coordinator;

import static org.assertj.core.api.Assertions.assertThat;

import dev.shoofly.database.Database;
import dev.shoofly.database.control.Command;
import dev.shoofly.model.CutoverMode;
import dev.shoofly.model.CutoverSettings;
import dev.shoofly.model.DeferIndexes;
import dev.shoofly.model.FaultPoints;
import dev.shoofly.model.MigrationMetrics.Counter;
import dev.shoofly.model.MigrationSpec;
import dev.shoofly.model.MigrationState;
import dev.shoofly.model.OnDuplicates;
import dev.shoofly.model.StrategyChoice;
import dev.shoofly.servers.DatabaseServer;
import dev.shoofly.servers.fixture.TestServers;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A whole migration of a table with a unique index of every kind and a key whose equal values are spelled differently,
 * while tens of thousands of transactions move the values about, many of them between the same six rows.
 */
abstract class UniqueCampaignContract {
    /** {@code -Dtest.jvm=-Dshoofly.campaign.transactions=100000} runs a longer one. */
    private static final int TRANSACTIONS = Integer.getInteger("shoofly.campaign.transactions", 20_000);

    private static final Logger LOG = LoggerFactory.getLogger(UniqueCampaignContract.class);
    private static final Duration AT_MOST = Duration.ofMinutes(10);

    @TempDir
    Path directory;

    abstract DatabaseServer server();

    abstract OrdersTable orders();

    abstract SeatChurn.Dialect dialect();

    abstract List<String> alters();

    /** For the time of the campaign, a server that does not wait for its disk at each commit. */
    abstract AutoCloseable relaxed() throws SQLException;

    @Test
    void noRowIsLostHoweverUniqueValuesMove() throws Exception {
        MigrationFixture fixture =
                new MigrationFixture(server(), () -> TestServers.kafka().bootstrapServers(), directory, orders());
        CountedMetrics metrics = new CountedMetrics();
        try (AutoCloseable relaxed = relaxed();
                Database database = fixture.open(FaultPoints.NONE);
                MigrationRunner runner = fixture.runner(database, metrics, FaultPoints.NONE);
                SeatChurn churn = new SeatChurn(server(), dialect())) {
            CompletableFuture<MigrationOutcome> outcome = CompletableFuture.supplyAsync(() -> runner.start(spec()));
            Scene scene = new Scene(runner, metrics, churn, outcome);
            scene.await(() -> scene.state() == MigrationState.COPYING || scene.state() == MigrationState.SYNCHRONIZING);
            churn.rage();
            scene.await(() -> churn.commits() >= TRANSACTIONS);
            churn.calmDown();
            scene.await(() -> scene.state() == MigrationState.READY);
            new MigrationControl(database)
                    .request(runner.snapshot().orElseThrow().id(), Command.Verb.CUTOVER, Duration.ofSeconds(30));
            scene.awaitEnd();
            assertThat(outcome.get(1, TimeUnit.SECONDS)).as("%s", scene).isEqualTo(MigrationOutcome.COMPLETED);
            churn.stop();
            assertThat(churn.lost())
                    .as("lost; %s; left by nobody: %s", scene, churn.strange())
                    .isEmpty();
            assertThat(churn.strange()).as("left by nobody; %s", scene).isEmpty();
            assertThat(churn.errors()).as("%s", scene).isEmpty();
            assertThat(metrics.of(Counter.MISMATCHES)).as("%s", scene).isZero();
            assertThat(metrics.of(Counter.CONFLICTS_CLEARED))
                    .as("or no value was ever in the way; %s", scene)
                    .isPositive();
            LOG.info("campaign: {}", scene);
        }
    }

    /** What runs, worded for a failure's message. */
    private record Scene(
            MigrationRunner runner,
            CountedMetrics metrics,
            SeatChurn churn,
            CompletableFuture<MigrationOutcome> outcome) {
        @Nullable
        MigrationState state() {
            return runner.snapshot().map(MigrationSnapshot::state).orElse(null);
        }

        void await(BooleanSupplier condition) throws InterruptedException {
            long giveUpAt = System.nanoTime() + AT_MOST.toNanos();
            while (!condition.getAsBoolean()) {
                assertThat(churn.errors()).as("%s", this).isEmpty();
                assertThat(outcome.isDone()).as("the migration ended: %s", this).isFalse();
                assertThat(System.nanoTime()).as("no livelock: %s", this).isLessThan(giveUpAt);
                Thread.sleep(20);
            }
        }

        void awaitEnd() throws Exception {
            try {
                outcome.get(AT_MOST.toSeconds(), TimeUnit.SECONDS);
            } catch (TimeoutException e) {
                throw new AssertionError("no cut-over: " + this, e);
            }
        }

        @Override
        public String toString() {
            return churn + ", " + churn.errors() + ", " + metrics + ", " + runner.snapshot();
        }
    }

    private MigrationSpec spec() {
        CutoverSettings auto = CutoverSettings.DEFAULT;
        return new MigrationSpec(
                "seats",
                alters(),
                StrategyChoice.SHADOW,
                4,
                100,
                new CutoverSettings(
                        CutoverMode.MANUAL, auto.lockTimeout(), auto.drainTimeout(), auto.drainKeys(), auto.retries()),
                OnDuplicates.FAIL,
                // So values move, too, while unique indexes are missing and when they are built.
                DeferIndexes.ALWAYS);
    }
}
