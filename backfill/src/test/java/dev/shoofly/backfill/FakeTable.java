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
import java.util.List;
import java.util.NavigableSet;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentSkipListSet;
import org.jspecify.annotations.Nullable;

/** A source of integer keys, its shadow and its segments, with the fence of the real ones. Thread-safe. */
final class FakeTable implements ChunkCopier, Segments {
    final NavigableSet<Long> source = new ConcurrentSkipListSet<>();
    final NavigableSet<Long> shadow = new ConcurrentSkipListSet<>();
    final List<KeyRange> copied = new ArrayList<>();
    private final TreeMap<Integer, Segment> segments = new TreeMap<>();
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
    public synchronized ChunkResult copy(Segment segment, KeyRange chunk, boolean last, DirtyKeys dirtyKeys) {
        Segment row = Objects.requireNonNull(segments.get(segment.number()));
        if (row.epoch() != segment.epoch()) {
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
    public synchronized List<Segment> list() {
        return List.copyOf(segments.values());
    }

    @Override
    public synchronized void fenceAll() {
        segments.replaceAll((number, row) -> row.done() ? row : raised(row));
    }

    @Override
    public synchronized Optional<Segment> claim(List<Integer> held) {
        Optional<Segment> open = segments.values().stream()
                .filter(row -> !row.done() && !held.contains(row.number()))
                .findFirst();
        open.ifPresent(row -> segments.put(row.number(), raised(row)));
        return open.map(row -> segments.get(row.number()));
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
