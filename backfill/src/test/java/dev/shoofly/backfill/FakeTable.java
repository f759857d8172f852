package dev.shoofly.backfill;

import dev.shoofly.database.ChunkCopier;
import dev.shoofly.database.DirtyKeys;
import dev.shoofly.database.control.Segment;
import dev.shoofly.model.ErrorKind;
import dev.shoofly.model.KeyRange;
import dev.shoofly.model.MigrationId;
import dev.shoofly.model.RowKey;
import dev.shoofly.model.ShooflyException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.NavigableSet;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** A source of integer keys, its shadow and its segments, with the fence of the real ones. Thread-safe. */
final class FakeTable implements ChunkCopier, Segments {
    final NavigableSet<Long> source = new ConcurrentSkipListSet<>();
    final NavigableSet<Long> shadow = new ConcurrentSkipListSet<>();
    final List<KeyRange> copied = new ArrayList<>();
    private final TreeMap<Integer, Segment> segments = new TreeMap<>();
    private final Set<Integer> claimed = new HashSet<>();
    int renewals;
    private boolean superseded;
    private final MigrationId id = Plans.integerKey().id();

    FakeTable(long rows) {
        for (long key = 1; key <= rows; key++) {
            source.add(key);
        }
    }

    @Override
    public Optional<RowKey> highestKey() {
        return source.isEmpty() ? Optional.empty() : Optional.of(key(source.last()));
    }

    @Override
    public RowKey chunkEnd(@Nullable RowKey lowerExclusive, RowKey limitInclusive, int rows) {
        List<Long> next =
                between(lowerExclusive, limitInclusive).stream().limit(rows).toList();
        return next.size() < rows ? limitInclusive : key(next.get(rows - 1));
    }

    @Override
    public long estimateRows(KeyRange range) {
        return between(range.lowerExclusive(), range.upperInclusive()).size();
    }

    @Override
    public synchronized ChunkResult copy(Segment segment, KeyRange chunk, boolean last, DirtyKeys dirtyKeys) {
        Segment row = Objects.requireNonNull(segments.get(segment.number()));
        if (row.epoch() != segment.epoch() || row.done()) {
            throw new ShooflyException(ErrorKind.SUPERSEDED, "segment " + segment.number() + " has another owner");
        }
        long rows = between(chunk.lowerExclusive(), chunk.upperInclusive()).stream()
                .filter(shadow::add)
                .count();
        copied.add(chunk);
        segments.put(
                row.number(),
                new Segment(
                        id,
                        row.number(),
                        row.epoch(),
                        row.range(),
                        chunk.upperInclusive(),
                        row.rowsCopied() + rows,
                        last));
        return new ChunkResult(rows, 0, 0, 0);
    }

    private NavigableSet<Long> between(@Nullable RowKey lower, @Nullable RowKey upper) {
        NavigableSet<Long> rows = lower == null ? source : source.tailSet(number(lower), false);
        return upper == null ? rows : rows.headSet(number(upper), true);
    }

    @Override
    public synchronized void create(List<KeyRange> ranges) {
        for (KeyRange range : ranges) {
            int number = segments.size();
            segments.put(number, new Segment(id, number, 0, range, null, 0, false));
        }
    }

    @Override
    public boolean isAllDone() {
        return list().stream().allMatch(Segment::done);
    }

    @Override
    public synchronized List<Segment> list() {
        return List.copyOf(segments.values());
    }

    @Override
    public synchronized void fenceAll() {
        claimed.clear();
        segments.replaceAll((number, row) -> row.done() ? row : raised(row));
    }

    @Override
    public synchronized Optional<Segment> claim(Function<KeyRange, Optional<RowKey>> cut) {
        if (superseded) {
            throw new ShooflyException(ErrorKind.SUPERSEDED, "the migration has another owner");
        }
        Optional<Segment> open = segments.values().stream()
                .filter(row -> !row.done() && !claimed.contains(row.number()))
                .findFirst();
        return open.map(row -> divided(row, cut)).map(row -> {
            Segment mine = raised(row);
            segments.put(row.number(), mine);
            claimed.add(row.number());
            return mine;
        });
    }

    private Segment divided(Segment row, Function<KeyRange, Optional<RowKey>> cut) {
        Optional<RowKey> end = row.position() == null && segments.lastKey() == row.number()
                ? cut.apply(row.range())
                : Optional.empty();
        if (end.isEmpty()) {
            return row;
        }
        KeyRange rest = new KeyRange(end.get(), row.range().upperInclusive());
        segments.put(row.number() + 1, new Segment(id, row.number() + 1, 0, rest, null, 0, false));
        return new Segment(
                id,
                row.number(),
                row.epoch(),
                new KeyRange(row.range().lowerExclusive(), end.get()),
                row.position(),
                row.rowsCopied(),
                false);
    }

    @Override
    public synchronized void renew(Collection<Segment> held) {
        renewals++;
    }

    @Override
    public synchronized void release(Segment segment) {
        Segment row = Objects.requireNonNull(segments.get(segment.number()));
        if (row.epoch() == segment.epoch()) {
            claimed.remove(segment.number());
        }
    }

    /** Another process takes the migration over: the old owner gets no claim any more. */
    synchronized void takeOver() {
        superseded = true;
        fenceAll();
    }

    /** Another worker takes a segment whose claim nobody renewed. */
    synchronized void steal(int number) {
        segments.computeIfPresent(number, (same, row) -> raised(row));
        claimed.remove(number);
    }

    private static Segment raised(Segment row) {
        return new Segment(
                row.migration(),
                row.number(),
                row.epoch() + 1,
                row.range(),
                row.position(),
                row.rowsCopied(),
                row.done());
    }

    static RowKey key(long number) {
        return RowKey.of(Long.toString(number));
    }

    private static long number(RowKey key) {
        return Long.parseLong(key.values().get(0));
    }
}
