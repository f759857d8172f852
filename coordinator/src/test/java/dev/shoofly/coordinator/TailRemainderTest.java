package dev.shoofly.coordinator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.shoofly.database.TableSwap.NotDrained;
import dev.shoofly.model.KeyColumn;
import dev.shoofly.model.KeyDefinition;
import dev.shoofly.model.KeyEquality;
import dev.shoofly.model.KeyType;
import dev.shoofly.model.MigrationId;
import dev.shoofly.model.MigrationPlan;
import dev.shoofly.model.Projection;
import dev.shoofly.model.TableName;
import dev.shoofly.verifier.ChangesTail;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Every attempt here ends where its marker cannot be written: none comes as far as the topic. */
@Timeout(30)
class TailRemainderTest {
    private static final Duration PLENTY = Duration.ofSeconds(10);
    private static final String TOLD = "the capture is told";
    private static final String MARKER = "a marker is written";

    private final ConcurrentLinkedQueue<String> happened = new ConcurrentLinkedQueue<>();
    private final ChangesTail tail = new ChangesTail(Map.of("bootstrap.servers", "127.0.0.1:9"), plan());
    private final TailRemainder remainder = new TailRemainder(this::refusedMarker, tail, () -> happened.add(TOLD));

    private static MigrationPlan plan() {
        return new MigrationPlan(
                MigrationId.random(new SecureRandom()),
                new TableName("shop", "t"),
                new TableName("shop", "shadow"),
                new TableName("shop", "old"),
                new KeyDefinition(
                        "PRIMARY",
                        List.of(new KeyColumn("id", "id", KeyType.INTEGER, KeyEquality.EXACT, "bigint", "bigint"))),
                new Projection(List.of(), List.of(), List.of()),
                1,
                "");
    }

    private long refusedMarker() {
        happened.add(MARKER);
        throw new IllegalStateException("refused");
    }

    @AfterEach
    void close() {
        tail.close();
    }

    @Test
    void theCaptureIsToldOnceAheadOfAllThatIsWaitedFor() {
        lookAhead();
        lookAhead();
        assertThat(happened).containsExactly(TOLD, MARKER, MARKER);
    }

    /** Telling it waits for whoever restarts the capture, which may take seconds; applications would wait for it, too. */
    @Test
    void theCaptureIsNeverToldUnderTheLocks() {
        remainder.locked();
        assertThatThrownBy(() -> remainder.drain(List.of(), PLENTY, 1))
                .isInstanceOf(NotDrained.class)
                .hasMessageContaining("refused");
        lookAhead();
        assertThat(happened).doesNotContain(TOLD);
    }

    private void lookAhead() {
        assertThatThrownBy(() -> remainder.delivered(List.of(), true, PLENTY, 1))
                .isInstanceOf(NotDrained.class)
                .hasMessageContaining("refused");
    }
}
