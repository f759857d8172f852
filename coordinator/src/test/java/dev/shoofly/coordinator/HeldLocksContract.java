package dev.shoofly.coordinator;

import static org.assertj.core.api.Assertions.assertThat;

import dev.shoofly.database.Database;
import dev.shoofly.model.CutoverSettings;
import dev.shoofly.model.FaultPoints;
import dev.shoofly.model.MigrationSpec;
import dev.shoofly.model.StrategyChoice;
import dev.shoofly.servers.DatabaseServer;
import dev.shoofly.servers.fixture.TestServers;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * A whole migration beside an application that keeps rows locked for seconds and one that reads before it writes: neither
 * ever gets an error, waits long, or loses a write. Every phase is made to meet locked rows.
 */
@Timeout(240)
abstract class HeldLocksContract {
    private static final Set<String> MOMENTS = Set.of(
            "state.COPYING",
            "copy.before-commit",
            "copy.before-sweep",
            "state.SYNCHRONIZING",
            "reconcile.before-read",
            "reconcile.before-commit",
            "state.VALIDATING",
            "state.READY");

    @TempDir
    Path directory;

    abstract DatabaseServer server();

    abstract OrdersTable orders();

    abstract SlowApplication.Dialect dialect();

    /** Whatever else there is on the server. */
    AutoCloseable beside() throws Exception {
        return () -> {};
    }

    @Test
    void noTransactionOfTheApplicationFailsBecauseOfUs() throws Exception {
        MigrationFixture fixture =
                new MigrationFixture(server(), () -> TestServers.kafka().bootstrapServers(), directory, orders());
        Set<String> met = ConcurrentHashMap.newKeySet();
        try (SlowApplication application = new SlowApplication(server(), dialect());
                AutoCloseable others = beside()) {
            FaultPoints meeting = point -> {
                if (MOMENTS.contains(point) && met.add(point)) {
                    application.awaitHeldLocks();
                }
            };
            try (Database database = fixture.open(meeting);
                    MigrationRunner runner = fixture.runner(database, meeting)) {
                assertThat(runner.start(spec()))
                        .as("%s %s", runner.snapshot(), application.errors())
                        .isEqualTo(MigrationOutcome.COMPLETED);
                assertThat(runner.snapshot().orElseThrow().mismatches()).isZero();
            }
            application.awaitMoreOfEach(1);
            application.stopAndCheck();
        }
        assertThat(met).isEqualTo(MOMENTS);
    }

    private MigrationSpec spec() {
        return new MigrationSpec(
                "accounts",
                List.of(dialect().alter()),
                StrategyChoice.SHADOW,
                4,
                100,
                // Two that hold the table for seconds are hardly ever both done within half a second.
                CutoverSettings.DEFAULT.withMaxStall(Duration.ofSeconds(3)));
    }
}
