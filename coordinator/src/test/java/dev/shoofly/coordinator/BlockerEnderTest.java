package dev.shoofly.coordinator;

import static org.assertj.core.api.Assertions.assertThat;

import dev.shoofly.database.BlockingSession;
import dev.shoofly.model.KillBlockers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class BlockerEnderTest {
    private static final Duration PATIENCE = Duration.ofSeconds(10);
    private final List<Long> ended = new ArrayList<>();
    private long now = 1_000;

    private BlockerEnder ender(KillBlockers policy) {
        return new BlockerEnder(policy, PATIENCE, () -> now);
    }

    private void pass(Duration time) {
        now += time.toNanos();
    }

    private Optional<String> end(BlockingSession session) {
        ended.add(session.number());
        return Optional.empty();
    }

    private static BlockingSession session(long number, String transaction, Duration idle) {
        return new BlockingSession(
                number + ":" + transaction, number, "app", "10.0.0.7", "state", idle, Duration.ofMinutes(5), true);
    }

    @Test
    void endsNobodyWhomItHasNotWaitedForHoweverOldHisTransactionIs() {
        BlockerEnder ender = ender(KillBlockers.ALL);
        BlockingSession busy = session(7, "a", Duration.ZERO);
        ender.look(List.of(busy), this::end);
        pass(Duration.ofSeconds(9));
        ender.look(List.of(busy), this::end);
        assertThat(ended).isEmpty();
        pass(Duration.ofSeconds(1));
        assertThat(ender.look(List.of(busy), this::end).ended())
                .singleElement()
                .asString()
                .contains("session 7 (app@10.0.0.7", "waited for 10 s");
        assertThat(ended).containsExactly(7L);
    }

    @Test
    void anotherTransactionOfTheSessionIsWaitedForAnew() {
        BlockerEnder ender = ender(KillBlockers.ALL);
        ender.look(List.of(session(7, "a", Duration.ZERO)), this::end);
        pass(PATIENCE);
        ender.look(List.of(session(7, "b", Duration.ZERO)), this::end);
        assertThat(ended).isEmpty();
    }

    @Test
    void whoWasGoneForAWhileIsWaitedForAnew() {
        BlockerEnder ender = ender(KillBlockers.ALL);
        ender.look(List.of(session(7, "a", Duration.ZERO)), this::end);
        ender.look(List.of(), this::end);
        pass(PATIENCE);
        ender.look(List.of(session(7, "a", Duration.ZERO)), this::end);
        assertThat(ended).isEmpty();
    }

    @Test
    void leavesThoseAloneThatAreAtWorkOrIdleForAMoment() {
        BlockerEnder ender = ender(KillBlockers.IDLE_IN_TRANSACTION);
        List<BlockingSession> all = List.of(
                session(1, "a", Duration.ZERO), session(2, "a", Duration.ofSeconds(9)), session(3, "a", PATIENCE));
        ender.look(all, this::end);
        pass(PATIENCE);
        ender.look(all, this::end);
        assertThat(ended).containsExactly(3L);
    }

    @Test
    void endsNobodyUnlessAsked() {
        BlockerEnder ender = ender(KillBlockers.OFF);
        BlockingSession idle = session(7, "a", Duration.ofHours(1));
        ender.look(List.of(idle), this::end);
        pass(Duration.ofHours(1));
        ender.look(List.of(idle), this::end);
        assertThat(ended).isEmpty();
    }

    @Test
    void saysWhyItCannot() {
        BlockerEnder ender = ender(KillBlockers.ALL);
        BlockingSession busy = session(7, "a", Duration.ZERO);
        ender.look(List.of(busy), this::end);
        pass(PATIENCE);
        BlockerEnder.Look look = ender.look(List.of(busy), session -> Optional.of("GRANT it"));
        assertThat(look.ended()).isEmpty();
        assertThat(look.refused()).singleElement().asString().contains("session 7", "cannot be ended: GRANT it");
    }
}
