package dev.shoofly.coordinator;

import dev.shoofly.model.ErrorKind;
import dev.shoofly.model.ShooflyException;
import java.time.Duration;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.common.KafkaFuture;

/** Waits for what an administrator's call to Kafka gives. */
final class KafkaAnswer {
    private KafkaAnswer() {}

    /**
     * @param what is done, for the error
     * @throws ShooflyException TRANSIENT when Kafka refuses (its error is the cause) or does not answer in time;
     *     SUPERSEDED when interrupted
     */
    static <T> T get(String what, KafkaFuture<T> future, Duration limit) {
        try {
            return future.get(limit.toMillis(), TimeUnit.MILLISECONDS);
        } catch (ExecutionException e) {
            Throwable cause = e.getCause() == null ? e : e.getCause();
            throw new ShooflyException(ErrorKind.TRANSIENT, what + " failed in Kafka: " + cause.getMessage(), cause);
        } catch (TimeoutException e) {
            throw new ShooflyException(
                    ErrorKind.TRANSIENT, what + ": Kafka gave no answer within " + limit.toSeconds() + " s", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new ShooflyException(ErrorKind.SUPERSEDED, what + " was interrupted", e);
        }
    }
}
