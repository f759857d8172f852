package dev.shoofly.applier;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.shoofly.model.ErrorKind;
import dev.shoofly.model.ShooflyException;
import java.util.List;
import org.apache.kafka.clients.consumer.internals.AutoOffsetResetStrategy;
import org.apache.kafka.clients.consumer.internals.SubscriptionState;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.UnknownMemberIdException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.apache.kafka.common.utils.LogContext;
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

    /** By what the consumer really throws: another version may word it otherwise. */
    @Test
    void excusesAPartitionThatWasTakenWhileATaskBeganToReadIt() {
        SubscriptionState consumer = new SubscriptionState(new LogContext(), AutoOffsetResetStrategy.NONE);
        Throwable taken = catchThrowable(() -> consumer.requestOffsetReset(
                List.of(new TopicPartition("changes", 3)), AutoOffsetResetStrategy.EARLIEST));

        assertThat(taken).isInstanceOf(IllegalStateException.class);
        assertThat(lost.excuses(new StreamsException(taken))).isTrue();
        assertThat(lost.excuses(new StreamsException(new IllegalStateException("another"))))
                .isFalse();
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
