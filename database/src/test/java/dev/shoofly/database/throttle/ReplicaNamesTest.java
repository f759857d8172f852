package dev.shoofly.database.throttle;

import static org.assertj.core.api.Assertions.assertThat;

import dev.shoofly.model.throttle.ReplicaLag;
import dev.shoofly.model.throttle.ReplicaLimits;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

class ReplicaNamesTest {
    private static final ReplicaLag OF_DB2 = new ReplicaLag("db2:3306", Duration.ofSeconds(10));
    private static final Duration HALF = Duration.ofMillis(500);

    @Test
    void aUrlWithoutAPortIsKnownByTheUsualOne() {
        assertThat(ReplicaNames.ofUrl("jdbc:mysql://db2/shop?useSSL=true")).containsExactly("db2:3306", "db2");
        assertThat(ReplicaNames.ofUrl("jdbc:postgresql://[::1]:5433/shop")).containsExactly("[::1]:5433", "[::1]");
        assertThat(ReplicaNames.ofUrl("db2")).isEmpty();
    }

    @Test
    void aLimitForNoneOfTheNamedReplicasIsFoundWithTheRemedy() {
        ReplicaLimits named = ReplicaLimits.named(List.of("jdbc:mysql://db2/shop", "jdbc:mysql://db3:3307/shop"), HALF);
        ReplicaLag stray = new ReplicaLag("db9:3306", Duration.ofSeconds(10));
        assertThat(ReplicaNames.findings(named.with(List.of(OF_DB2, stray))))
                .containsExactly("--max-lag db9:3306=10s is for none of the replicas that --replica names (db2:3306,"
                        + " db3:3307): correct it, or take it back with --max-lag db9:3306=default");
        assertThat(ReplicaNames.findings(named.with(List.of(OF_DB2)))).isEmpty();
        assertThat(ReplicaNames.findings(ReplicaLimits.listed(HALF).with(List.of(stray))))
                .isEmpty();
    }

    @Test
    void aLimitForAReplicaThatIsNotListedHoldsNothingBackAndIsTold() {
        ReplicaLimits limits = ReplicaLimits.listed(HALF).with(List.of(OF_DB2));
        assertThat(ReplicaNames.absent(limits, List.of(ReplicaNames.at("DB2", 3306))))
                .isEmpty();
        assertThat(ReplicaNames.absent(limits, List.of(ReplicaNames.at("db2", 3307))))
                .containsExactly(Reading.unknown(
                        SignalKind.REPLICA_LAG,
                        "replica db2:3306",
                        "is not among those that the server lists: its own limit of 10 s is not in force"));
    }

    @Test
    void aReplicaIsMeasuredByItsOwnLimitAndTheOthersByTheLimitOfAll() {
        ReplicaLimits limits = ReplicaLimits.listed(HALF).with(List.of(OF_DB2));
        Reading own =
                LagLimit.of(limits, ReplicaNames.at("db2", 3306)).reading("replica db2:3306", HALF.multipliedBy(4));
        assertThat(own.pressure()).isEqualTo(0.2);
        assertThat(own.sentence()).isEqualTo("replica db2:3306 lags 2.0 s (its own limit 10 s)");
        Reading other =
                LagLimit.of(limits, ReplicaNames.at("db3", 3306)).reading("replica db3:3306", HALF.multipliedBy(4));
        assertThat(other.pressure()).isEqualTo(4);
        assertThat(other.sentence()).isEqualTo("replica db3:3306 lags 2.0 s (limit 500 ms)");
    }
}
