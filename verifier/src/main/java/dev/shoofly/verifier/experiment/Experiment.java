package dev.shoofly.verifier.experiment;

import dev.shoofly.verifier.experiment.Observation.Result;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.BiPredicate;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Asks the candidate what the control is asked, and always answers with the control: its value or its exception. Whatever the
 * candidate, the comparison or the listener do, the caller sees nothing of it but the time that the candidate takes.
 *
 * <p>Both run on the caller's thread, one after the other, in an order that is drawn each time: the second one finds what both
 * need in the caches. So both must only read. Nothing is compared when the control throws, and nothing is told. Thread-safe if
 * its parts are.
 *
 * @param <T> of the answer
 * @param <E> what the control may throw
 * @see <a href="https://github.com/github/scientist">Scientist</a>
 */
public final class Experiment<T extends @Nullable Object, E extends Exception> {
    private static final Logger LOG = LoggerFactory.getLogger(Experiment.class);

    private final String name;
    private final Behaviour<T, E> control;
    private final Behaviour<? extends T, ? extends Exception> candidate;
    private final BiPredicate<? super T, ? super T> same;
    private final double share;
    private final Consumer<? super Observation> listener;

    private Experiment(
            String name,
            Behaviour<T, E> control,
            Behaviour<? extends T, ? extends Exception> candidate,
            BiPredicate<? super T, ? super T> same,
            double share,
            Consumer<? super Observation> listener) {
        this.name = name;
        this.control = control;
        this.candidate = candidate;
        this.same = same;
        this.share = share;
        this.listener = listener;
    }

    /** A way to the answer. */
    @FunctionalInterface
    public interface Behaviour<T extends @Nullable Object, E extends Exception> {
        T run() throws E;
    }

    /**
     * Of every call, by {@code equals}.
     *
     * @param control what the application does today
     * @param candidate the same on the other table; must only read
     * @param listener told of each comparison, on the caller's thread: a {@link Tally}, for one
     */
    public static <T extends @Nullable Object, E extends Exception> Experiment<T, E> of(
            String name,
            Behaviour<T, E> control,
            Behaviour<? extends T, ? extends Exception> candidate,
            Consumer<? super Observation> listener) {
        return new Experiment<>(name, control, candidate, Objects::equals, 1, listener);
    }

    /** Two answers are the same if this says so. */
    public Experiment<T, E> comparing(BiPredicate<? super T, ? super T> equality) {
        return new Experiment<>(name, control, candidate, equality, share, listener);
    }

    /**
     * Of some calls only; the others are the control alone.
     *
     * @param ofCalls from 0 to 1
     */
    public Experiment<T, E> sampling(double ofCalls) {
        if (!(ofCalls >= 0 && ofCalls <= 1)) {
            throw new IllegalArgumentException("a share is from 0 to 1, not " + ofCalls);
        }
        return new Experiment<>(name, control, candidate, same, ofCalls, listener);
    }

    /**
     * The control's answer.
     *
     * @throws E what the control throws, and nothing else of this
     */
    public T run() throws E {
        if (ThreadLocalRandom.current().nextDouble() >= share) {
            return control.run();
        }
        boolean candidateFirst = ThreadLocalRandom.current().nextBoolean();
        Trial<T> early = candidateFirst ? attempt() : null;
        long begun = System.nanoTime();
        T answer = control.run();
        Duration took = Duration.ofNanos(System.nanoTime() - begun);
        tell(answer, took, early == null ? attempt() : early);
        return answer;
    }

    private record Trial<T extends @Nullable Object>(
            T answer, Duration took, @Nullable Throwable failure) {}

    @SuppressWarnings({"NullAway", "CatchingUnchecked"}) // a failed trial has no answer, and nobody asks for it
    private Trial<T> attempt() {
        long begun = System.nanoTime();
        try {
            T answer = candidate.run();
            return new Trial<>(answer, Duration.ofNanos(System.nanoTime() - begun), null);
        } catch (Throwable e) {
            // Errors too: a class that is missing on the candidate's way is no affair of the caller.
            if (e instanceof InterruptedException) {
                Thread.currentThread().interrupt();
            }
            return new Trial<>(null, Duration.ofNanos(System.nanoTime() - begun), e);
        }
    }

    private void tell(T answer, Duration took, Trial<T> trial) {
        try {
            listener.accept(observation(answer, took, trial));
        } catch (Throwable e) {
            LOG.warn("what experiment {} showed could not be recorded", name, e);
        }
    }

    private Observation observation(T answer, Duration took, Trial<T> trial) {
        if (trial.failure() != null) {
            return new Observation(name, Result.FAILED, took, trial.took(), trial.failure());
        }
        try {
            Result result = same.test(answer, trial.answer()) ? Result.SAME : Result.DIFFERS;
            return new Observation(name, result, took, trial.took(), null);
        } catch (Throwable e) {
            return new Observation(name, Result.FAILED, took, trial.took(), e);
        }
    }
}
