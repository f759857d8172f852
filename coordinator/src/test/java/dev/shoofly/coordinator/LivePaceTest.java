package dev.shoofly.coordinator;

import static org.assertj.core.api.Assertions.assertThat;

import dev.shoofly.backfill.Pace;
import dev.shoofly.database.throttle.LiveSettings;
import dev.shoofly.model.throttle.CopyPace;
import dev.shoofly.model.throttle.ThrottleSettings;
import java.time.Duration;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;

class LivePaceTest {
    private final LiveSettings settings = new LiveSettings(ThrottleSettings.DEFAULT);
    private OptionalInt processors = OptionalInt.of(6);
    private boolean others;
    private final LivePace pace = new LivePace(settings, () -> processors, () -> others);

    @Test
    void usesWhatTheServerHasWhileNobodyElseDoes() {
        assertThat(pace.threads()).isEqualTo(6);
        assertThat(pace.chunkTime()).isEqualTo(Pace.DEFAULT_CHUNK_TIME);
    }

    @Test
    void leavesHalfAndLocksRowsForShortWhileOthersWork() {
        others = true;
        assertThat(pace.threads()).isEqualTo(3);
        assertThat(pace.chunkTime()).isLessThan(Pace.DEFAULT_CHUNK_TIME);
        others = false;
        assertThat(pace.threads()).isEqualTo(6);
        assertThat(pace.chunkTime()).isEqualTo(Pace.DEFAULT_CHUNK_TIME);
    }

    @Test
    void whatAnOperatorWishesCountsWhoeverWorks() {
        others = true;
        settings.set(ThrottleSettings.DEFAULT.with(new CopyPace(100, 5, Duration.ofMillis(800))));
        assertThat(pace.threads()).isEqualTo(5);
        assertThat(pace.chunkTime()).isEqualTo(Duration.ofMillis(800));
    }

    @Test
    void staysWithinItsBoundsWhateverTheServerSays() {
        processors = OptionalInt.of(64);
        assertThat(pace.threads()).isEqualTo(8);
    }

    @Test
    void hasOneThreadBesideOthersOnASmallServer() {
        processors = OptionalInt.of(1);
        others = true;
        assertThat(pace.threads()).isEqualTo(1);
    }
}
