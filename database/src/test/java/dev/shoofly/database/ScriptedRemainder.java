package dev.shoofly.database;

import dev.shoofly.database.TableSwap.Delivered;
import dev.shoofly.database.TableSwap.Drained;
import dev.shoofly.database.control.Progress;
import dev.shoofly.model.RowKey;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Gives some keys before the lock, once, and others under it. */
public final class ScriptedRemainder implements TableSwap.Remainder {
    private final List<RowKey> underLock;
    private final Set<String> transactions;
    private List<RowKey> ahead;

    /** @param transactions of the keys ahead */
    public ScriptedRemainder(List<RowKey> ahead, Set<String> transactions, List<RowKey> underLock) {
        this.ahead = List.copyOf(ahead);
        this.transactions = transactions;
        this.underLock = List.copyOf(underLock);
    }

    @Override
    public Optional<Delivered> delivered(List<Progress> progress, boolean toMarker, Duration timeout, int most) {
        List<RowKey> keys = ahead;
        ahead = List.of();
        return Optional.of(new Delivered(Drained.of(keys), transactions, Map.of()));
    }

    @Override
    public Drained drain(List<Progress> progress, Duration timeout, int most) {
        return Drained.of(underLock);
    }
}
