package dev.shoofly.coordinator;

import dev.shoofly.database.TableSwap;
import dev.shoofly.database.TableSwap.Delivered;
import dev.shoofly.database.TableSwap.Drained;
import dev.shoofly.database.TableSwap.NotDrained;
import dev.shoofly.database.control.Progress;
import dev.shoofly.model.ShooflyException;
import dev.shoofly.verifier.ChangesTail;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * What a swap has to reconcile, read from the end of the changes topic up to a marker that is written for it. Of one attempt, on
 * one thread.
 */
final class TailRemainder implements TableSwap.Remainder {
    private final LongSupplier nextMarker;
    private final ChangesTail tail;
    private final Runnable begun;
    private boolean told;
    /** Of the attempt under way, from the locks on until it is read up to. */
    private @Nullable CompletableFuture<Long> written;

    /**
     * @param nextMarker commits a marker and gives its number
     * @param begun told at the first look, while nobody waits for us but the appliers, which stand still: it may have to wait itself
     */
    TailRemainder(LongSupplier nextMarker, ChangesTail tail, Runnable begun) {
        this.nextMarker = nextMarker;
        this.tail = tail;
        this.begun = begun;
    }

    @Override
    public void locked() {
        // Or too late: whatever is asked from here on is asked under the locks.
        told = true;
        // Its way through the log takes longer than all that is done meanwhile.
        written = write();
    }

    @Override
    public Drained drain(List<Progress> progress, Duration timeout, int most) throws NotDrained {
        // What comes up to the marker is visible: the locks were granted when whoever wrote it had let go of them.
        return upToMarker(progress, timeout, most).drained();
    }

    @Override
    public Optional<Delivered> delivered(List<Progress> progress, boolean toMarker, Duration timeout, int most)
            throws NotDrained {
        // Not under the tables' locks, where this is asked again: it waits for whoever restarts the capture.
        if (!told) {
            told = true;
            begun.run();
        }
        return Optional.of(
                toMarker ? upToMarker(progress, timeout, most) : delivered(most, 0, () -> tail.keysPresent(progress)));
    }

    private Delivered upToMarker(List<Progress> progress, Duration timeout, int most) throws NotDrained {
        // One time for both: the application stands still during either.
        long giveUpAt = System.nanoTime() + timeout.toNanos();
        long marker = markerWithin(timeout);
        return delivered(
                most,
                marker,
                () -> tail.keysBetween(progress, marker, Duration.ofNanos(Math.max(0, giveUpAt - System.nanoTime()))));
    }

    private static Delivered delivered(int most, long marker, Supplier<ChangesTail.Between> reading) throws NotDrained {
        ChangesTail.Between found;
        try {
            found = reading.get();
        } catch (ShooflyException e) {
            throw new NotDrained(String.valueOf(e.getMessage()));
        }
        if (found.keys().size() > most) {
            throw new NotDrained(found.keys().size() + " keys are still to be applied, " + most
                    + " at most are reconciled under the lock");
        }
        return new Delivered(
                new Drained(List.copyOf(found.keys()), found.ends(), marker), found.transactions(), found.markers());
    }

    /** On another connection than the locking one, for it must commit while the locks are held. */
    private CompletableFuture<Long> write() {
        return CompletableFuture.supplyAsync(nextMarker::getAsLong);
    }

    /** Not for longer than the application may stand still, should that connection be sick. */
    private long markerWithin(Duration timeout) throws NotDrained {
        CompletableFuture<Long> marker = Objects.requireNonNullElseGet(written, this::write);
        written = null;
        try {
            return marker.get(timeout.toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException e) {
            throw new NotDrained("no marker could be written within " + timeout.toMillis() + " ms");
        } catch (ExecutionException e) {
            throw new NotDrained("no marker could be written: " + e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new NotDrained("interrupted");
        }
    }
}
