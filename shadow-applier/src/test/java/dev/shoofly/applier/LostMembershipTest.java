package dev.shoofly.applier;

import static org.assertj.core.api.Assertions.assertThat;

import dev.shoofly.model.ErrorKind;
import dev.shoofly.model.ShooflyException;
import org.apache.kafka.common.errors.UnknownMemberIdException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.apache.kafka.streams.errors.StreamsException;
import org.junit.jupiter.api.Test;

class LostMembershipTest {
    private final LostMembership lost = new LostMembership();
    private final Throwable thrownOut =
            new StreamsException("Failed to initialize offsets", new UnknownMemberIdException("not aware"));

    @Test
    void excusesAnInstanceThatWasThrownOutOfItsGroup() {
        assertThat(lost.excuses(thrownOut)).isTrue();
    }

    @Test
    void excusesNoOtherErrorAndNoneOfOurOwn() {
        assertThat(lost.excuses(new StreamsException("x", new UnknownTopicOrPartitionException("gone"))))
                .isFalse();
        assertThat(lost.excuses(new ShooflyException(ErrorKind.DATA, "a real one", thrownOut)))
                .isFalse();
    }

    @Test
    void doesNotExcuseItForEver() {
        for (int i = 0; i < 20; i++) {
            assertThat(lost.excuses(thrownOut)).isTrue();
        }
        assertThat(lost.excuses(thrownOut)).isFalse();
    }
}
