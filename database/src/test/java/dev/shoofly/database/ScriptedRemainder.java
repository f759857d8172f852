package dev.shoofly.database;

import dev.shoofly.database.TableSwap.Delivered;
import dev.shoofly.database.TableSwap.Drained;
import dev.shoofly.database.control.Progress;
import dev.shoofly.model.RowKey;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;

/** Gives some keys before the lock, each part of them once, and others under it. */
public final class ScriptedRemainder implements TableSwap.Remainder {
    private final List<RowKey> underLock;
    private final Set<String> transactions;
    private final Deque<List<RowKey>> ahead;

    /** @param transactions of the keys ahead */
    public ScriptedRemainder(List<RowKey> ahead, Set<String> transactions, List<RowKey> underLock) {
        this(transactions, List.of(ahead), underLock);
    }

    private ScriptedRemainder(Set<String> transactions, List<List<RowKey>> parts, List<RowKey> underLock) {
        this.ahead = new ArrayDeque<>(parts);
        this.transactions = transactions;
        this.underLock = List.copyOf(underLock);
    }

    /** Asked again, gives the next part. */
    public static ScriptedRemainder inParts(List<List<RowKey>> ahead) {
        return new ScriptedRemainder(Set.of(), ahead, List.of());
    }

    @Override
    public Optional<Delivered> delivered(List<Progress> progress, boolean toMarker, Duration timeout, int most) {
        List<RowKey> keys = Objects.requireNonNullElse(ahead.poll(), List.of());
        return Optional.of(new Delivered(Drained.of(keys), transactions, Map.of()));
    }

    @Override
    public Drained drain(List<Progress> progress, Duration timeout, int most) {
        return Drained.of(underLock);
    }
}
