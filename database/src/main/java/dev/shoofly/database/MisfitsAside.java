package dev.shoofly.database;

import dev.shoofly.database.control.MisfitRows;
import dev.shoofly.model.KeyRange;
import dev.shoofly.model.MigrationId;
import dev.shoofly.model.RowKey;
import dev.shoofly.model.ShooflyException;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The double read on the way back. Rows that are set aside are known, and no difference. One that does not fit and is not set
 * aside makes the server refuse the reading of everything around it; it is found by halves and told as a row that differs, for
 * its change may be on its way. Any thread.
 */
public final class MisfitsAside implements Comparer {
    /** Keys compared at a time where a range cannot be read as a whole. */
    private static final int PAGE = 1_000;

    private final Comparer comparer;
    private final MisfitRows misfits;
    private final MigrationId id;
    private final Keys keys;
    private final Predicate<SQLException> unfit;

    /** Lists keys without looking at the rows. */
    @FunctionalInterface
    public interface Keys {
        /** Keys that either side has in the range; one that both have may come twice. */
        List<RowKey> in(KeyRange range);
    }

    /** @param unfit which of the server's errors says that a value does not fit */
    public MisfitsAside(
            Comparer comparer, MisfitRows misfits, MigrationId id, Keys keys, Predicate<SQLException> unfit) {
        this.comparer = comparer;
        this.misfits = misfits;
        this.id = id;
        this.keys = keys;
        this.unfit = unfit;
    }

    @Override
    public Optional<RowKey> chunkEnd(@Nullable RowKey lowerExclusive, int rows) {
        return comparer.chunkEnd(lowerExclusive, rows);
    }

    @Override
    public ChunkComparison compare(KeyRange range) {
        Optional<ChunkComparison> whole = unlessUnfit(() -> comparer.compare(range));
        if (whole.isPresent() && (whole.get().equal() || misfits.summary(id).isEmpty())) {
            return whole.get();
        }
        List<RowKey> listed = keys.in(range).stream().distinct().toList();
        boolean equal = differing(listed, Values.LEFT_OUT).isEmpty();
        return new ChunkComparison(
                whole.map(ChunkComparison::sourceRows).orElse((long) listed.size()),
                whole.map(ChunkComparison::shadowRows).orElse((long) listed.size()),
                equal);
    }

    @Override
    public List<RowKey> differingKeys(KeyRange range, int most) {
        Optional<List<RowKey>> whole = unlessUnfit(() -> comparer.differingKeys(range, most));
        if (whole.isPresent()) {
            Set<RowKey> known = misfits.among(id, whole.get());
            if (known.isEmpty()) {
                return whole.get();
            }
            if (whole.get().size() < most) {
                return whole.get().stream().filter(key -> !known.contains(key)).toList();
            }
        }
        // A page with holes would pass for the last one. So all of them, in no order: that of a full page's last key is
        // all that anybody relies on, and this is none.
        return differing(keys.in(range).stream().distinct().toList(), Values.LEFT_OUT).stream()
                .map(RowDifference::key)
                .toList();
    }

    @Override
    public List<RowKey> sourceKeys(List<RowKey> among) {
        return comparer.sourceKeys(among);
    }

    @Override
    public List<RowDifference> differences(List<RowKey> among, Values values) {
        return differing(among, values);
    }

    private List<RowDifference> differing(List<RowKey> among, Values values) {
        List<RowDifference> found = new ArrayList<>();
        for (int at = 0; at < among.size(); at += PAGE) {
            List<RowKey> page = among.subList(at, Math.min(among.size(), at + PAGE));
            Set<RowKey> known = misfits.among(id, page);
            halving(page.stream().filter(key -> !known.contains(key)).toList(), values, found);
        }
        // Set aside since it was looked for: no longer there, and for a reason.
        Set<RowKey> known =
                misfits.among(id, found.stream().map(RowDifference::key).toList());
        return found.stream().filter(each -> !known.contains(each.key())).toList();
    }

    private void halving(List<RowKey> among, Values values, List<RowDifference> found) {
        if (among.isEmpty()) {
            return;
        }
        Optional<List<RowDifference>> whole = unlessUnfit(() -> comparer.differences(among, values));
        if (whole.isPresent()) {
            found.addAll(whole.get());
        } else if (among.size() == 1) {
            // As the source spells it, for so it is set aside; one that is gone by now has a change on its way.
            comparer.sourceKeys(among).forEach(key -> found.add(new RowDifference(key, Kind.DIFFERS, List.of())));
        } else {
            int half = among.size() / 2;
            halving(among.subList(0, half), values, found);
            halving(among.subList(half, among.size()), values, found);
        }
    }

    private <T> Optional<T> unlessUnfit(Supplier<T> reading) {
        try {
            return Optional.of(reading.get());
        } catch (ShooflyException e) {
            if (e.getCause() instanceof SQLException said && unfit.test(said)) {
                return Optional.empty();
            }
            throw e;
        }
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
