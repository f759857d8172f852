package dev.shoofly.verifier;

import dev.shoofly.database.Comparer;
import dev.shoofly.model.KeyRange;
import dev.shoofly.model.RowKey;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Another one, with what a test does about single ranges. */
class WatchedComparer implements Comparer {
    private final Comparer comparer;

    WatchedComparer(Comparer comparer) {
        this.comparer = comparer;
    }

    @Override
    public Optional<RowKey> chunkEnd(@Nullable RowKey lowerExclusive, int rows) {
        return comparer.chunkEnd(lowerExclusive, rows);
    }

    @Override
    public ChunkComparison compare(KeyRange range) {
        return comparer.compare(range);
    }

    @Override
    public List<RowKey> differingKeys(KeyRange range, int most) {
        return comparer.differingKeys(range, most);
    }

    @Override
    public List<RowKey> sourceKeys(List<RowKey> among) {
        return comparer.sourceKeys(among);
    }

    @Override
    public List<RowDifference> differences(List<RowKey> keys, Values values) {
        return comparer.differences(keys, values);
    }

    @Override
    public Reproduction reproduce(RowDifference difference) {
        return comparer.reproduce(difference);
    }

    @Override
    public String logPosition() {
        return comparer.logPosition();
    }
}
