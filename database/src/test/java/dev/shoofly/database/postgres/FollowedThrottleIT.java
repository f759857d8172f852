package dev.shoofly.database.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import dev.shoofly.database.control.ThrottleState;
import dev.shoofly.database.throttle.FollowedThrottle;
import dev.shoofly.model.MigrationPlan;
import dev.shoofly.model.throttle.CopyPace;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A process that copies for another one goes as fast as that one says, and not at all when it says nothing. */
@Timeout(60)
class FollowedThrottleIT {
    private Lab lab;
    private MigrationPlan plan;
    private FollowedThrottle throttle;

    @BeforeEach
    void open() throws SQLException {
        lab = Lab.open();
        lab.run("CREATE TABLE t (id int PRIMARY KEY)");
        plan = lab.prepare("t", "ADD COLUMN w int");
        save(new ThrottleState(1, null, 0, -1, List.of(), null));
        throttle = new FollowedThrottle(lab.database.control().throttle(), plan.id(), System::nanoTime);
    }

    @AfterEach
    void close() throws SQLException {
        throttle.close();
        lab.close();
    }

    private void save(ThrottleState state) {
        lab.database.control().throttle().save(plan.id(), 1, state);
        lab.database.control().throttle().save(plan.id(), 1, state);
    }

    private CompletableFuture<Boolean> passing() {
        return CompletableFuture.supplyAsync(() -> {
            try {
                throttle.await();
                return true;
            } catch (InterruptedException e) {
                return false;
            }
        });
    }

    @Test
    void followsSpeedReasonAndSettings() {
        save(new ThrottleState(0.25, "replica r lags 2 s", 0, -1, List.of(), null));
        throttle.start();
        Waits.until(() -> throttle.heldBackBy().equals(java.util.Optional.of("replica r lags 2 s")));
        lab.database
                .control()
                .throttle()
                .change(plan.id(), settings -> settings.with(new CopyPace(80, 7, Duration.ofMillis(50))));
        Waits.until(() -> throttle.settings().copyThreads().orElse(0) == 7);
        assertThat(throttle.settings().chunkTime()).contains(Duration.ofMillis(50));
        save(new ThrottleState(1, null, 0, -1, List.of(), null));
        Waits.until(() -> throttle.heldBackBy().isEmpty());
    }

    @Test
    void standsStillUntilItKnowsAndWhenTheOwnerIsSilent() {
        CompletableFuture<Boolean> first = passing();
        assertThat(throttle.heldBackBy()).contains("the owner's throttle was not read yet");
        assertThat(first.isDone()).isFalse();
        throttle.start();
        assertThat(first.join()).isTrue();

        lab.run("UPDATE shoofly.throttle SET measured_at = measured_at - interval '1 min'");
        Waits.until(() -> throttle.heldBackBy().orElse("").contains("has not measured the server's load for 6"));
        CompletableFuture<Boolean> second = passing();
        assertThat(second.isDone()).isFalse();
        save(new ThrottleState(1, null, 0, -1, List.of(), null));
        assertThat(second.join()).isTrue();
    }
}
