package dev.shoofly.verifier;

import dev.shoofly.database.Comparer;
import dev.shoofly.database.throttle.Throttle;
import dev.shoofly.model.ChangeRecord;
import dev.shoofly.model.ColumnMapping;
import dev.shoofly.model.KeyColumn;
import dev.shoofly.model.KeyDefinition;
import dev.shoofly.model.KeyEquality;
import dev.shoofly.model.KeyRange;
import dev.shoofly.model.KeyType;
import dev.shoofly.model.MigrationId;
import dev.shoofly.model.MigrationMetrics;
import dev.shoofly.model.MigrationPlan;
import dev.shoofly.model.Projection;
import dev.shoofly.model.RowKey;
import dev.shoofly.model.TableName;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Source, log, topic, applier and shadow in memory, with the delays of the real ones: a change is logged before it is
 * visible, delivered later and applied later still. Steps are taken by whoever calls; thread-safe.
 */
final class FakePipeline implements Comparer, Markers, ChangeWindow {
    static final int PARTITIONS = 4;
    /** Keys up to this one are the writers'. */
    static final long HOT_KEYS = 30;

    final NavigableMap<Long, String> source = new TreeMap<>();
    final NavigableMap<Long, String> shadow = new TreeMap<>();
    private final List<ChangeRecord> log = new ArrayList<>();
    private final List<List<ChangeRecord>> topic = new ArrayList<>();
    private final long[] applied = new long[PARTITIONS];
    private final long[] marker = new long[PARTITIONS];
    private final Set<String> visible = new HashSet<>();
    final List<KeyRange> compared = new ArrayList<>();
    /** Rows that the applier writes in vain. */
    final Set<Long> unrepairable = new HashSet<>();

    private final MigrationPlan plan;
    private int delivered;
    private int hotDifferences;
    private long lastMarker;
    private long lastTransaction;
    Runnable beforeDifferences = () -> {};

    FakePipeline(int rows) {
        this(rows, KeyEquality.EXACT);
    }

    FakePipeline(int rows, KeyEquality equality) {
        plan = plan(equality);
        for (int i = 0; i < PARTITIONS; i++) {
            topic.add(new ArrayList<>());
        }
        for (long key = 1; key <= rows; key++) {
            source.put(key, "row " + key);
            shadow.put(key, "row " + key);
        }
    }

    static MigrationPlan plan(KeyEquality equality) {
        TableName source = new TableName("shop", "orders");
        KeyColumn id = new KeyColumn("id", "id", KeyType.TEXT, equality, "text", "text");
        return new MigrationPlan(
                new MigrationId("abcd2345"),
                source,
                source.sibling("_orders_abcd2345_new"),
                source.sibling("_orders_abcd2345_old"),
                new KeyDefinition("PRIMARY", List.of(id)),
                new Projection(
                        List.of(new ColumnMapping("total", "total", "total", "bigint", true, false)),
                        List.of(),
                        List.of()),
                PARTITIONS,
                "");
    }

    /** First half of a commit: logged, not visible. */
    synchronized String logged(long key) {
        String transaction = "t" + ++lastTransaction;
        log.add(new ChangeRecord.DirtyKey(key(key), transaction, 0));
        return transaction;
    }

    /** Second half of a commit. */
    synchronized void visible(String transaction, long key, @Nullable String value) {
        if (value == null) {
            source.remove(key);
        } else {
            source.put(key, value);
        }
        visible.add(transaction);
    }

    void write(long key, @Nullable String value) {
        visible(logged(key), key, value);
    }

    /** The capture takes one step. */
    synchronized void deliver() {
        if (delivered == log.size()) {
            return;
        }
        ChangeRecord next = log.get(delivered++);
        if (next instanceof ChangeRecord.DirtyKey dirty) {
            topic.get(plan.key().partition(dirty.key(), PARTITIONS)).add(next);
        } else {
            topic.forEach(partition -> partition.add(next));
        }
    }

    /** One partition's applier takes one step, if the change is visible already. */
    synchronized void apply(int partition) {
        if (applied[partition] == topic.get(partition).size()) {
            return;
        }
        ChangeRecord next = topic.get(partition).get((int) applied[partition]);
        if (next instanceof ChangeRecord.Marker passed) {
            marker[partition] = passed.number();
        } else if (next instanceof ChangeRecord.DirtyKey dirty) {
            if (!dirty.transaction().isEmpty() && !visible.contains(dirty.transaction())) {
                return;
            }
            reconcile(number(dirty.key()));
        }
        applied[partition]++;
    }

    private void reconcile(long key) {
        if (unrepairable.contains(key)) {
            return;
        }
        String value = source.get(key);
        if (value == null) {
            shadow.remove(key);
        } else {
            shadow.put(key, value);
        }
    }

    /** As a sweep or a repair does: past the log. */
    synchronized void publish(List<RowKey> keys) {
        for (RowKey key : keys) {
            topic.get(plan.key().partition(key, PARTITIONS)).add(new ChangeRecord.DirtyKey(key, "", 0));
        }
    }

    /** Everything around a verification of these two tables. */
    Surroundings surroundings(Runnable pipelineCheck, MismatchSink sink) {
        return new Surroundings(
                this,
                new MarkerFence(this, plan.id(), pipelineCheck),
                this,
                this::publish,
                List.of(sink),
                Throttle.UNTHROTTLED,
                MigrationMetrics.NONE);
    }

    /** Everything logged is delivered, and applied as far as it is visible. */
    synchronized void drain() {
        while (delivered < log.size()) {
            deliver();
        }
        for (int partition = 0; partition < PARTITIONS; partition++) {
            long before = -1;
            while (applied[partition] > before) {
                before = applied[partition];
                apply(partition);
            }
        }
    }

    MigrationPlan plan() {
        return plan;
    }

    @Override
    public synchronized long next() {
        log.add(new ChangeRecord.Marker(++lastMarker, "", 0));
        return lastMarker;
    }

    @Override
    public synchronized long passedByAll() {
        long least = Long.MAX_VALUE;
        for (long each : marker) {
            least = Math.min(least, each);
        }
        return least;
    }

    @Override
    public synchronized Map<Integer, Long> endOffsets() {
        Map<Integer, Long> ends = new HashMap<>();
        for (int partition = 0; partition < PARTITIONS; partition++) {
            ends.put(partition, (long) topic.get(partition).size());
        }
        return ends;
    }

    @Override
    public synchronized Changes changesBetween(
            Map<Integer, Long> from, long firstMarker, long secondMarker, Duration timeout) {
        while (delivered < log.size()) {
            deliver();
        }
        TokenWindow window = new TokenWindow(plan.key(), firstMarker);
        from.forEach((partition, offset) -> {
            for (ChangeRecord change :
                    topic.get(partition).subList(Math.toIntExact(offset), endOf(partition, secondMarker))) {
                window.add(partition, change);
            }
        });
        return new Changes(window.tokens(), 0);
    }

    @Override
    public boolean holds(Map<Integer, Long> from) {
        return true;
    }

    @Override
    public synchronized Stretch stretch(Map<Integer, Long> from, long until, int most, Duration timeout) {
        while (delivered < log.size()) {
            deliver();
        }
        Set<RowKey> keys = new LinkedHashSet<>();
        Map<Integer, Long> next = new HashMap<>();
        from.forEach((partition, offset) -> {
            int end = endOf(partition, until);
            for (ChangeRecord change : topic.get(partition).subList(Math.toIntExact(offset), end)) {
                if (change instanceof ChangeRecord.DirtyKey dirty) {
                    keys.add(dirty.key());
                }
            }
            next.put(partition, end + 1L);
        });
        return new Stretch(keys, next, true);
    }

    private int endOf(int partition, long until) {
        List<ChangeRecord> records = topic.get(partition);
        for (int i = 0; i < records.size(); i++) {
            if (records.get(i) instanceof ChangeRecord.Marker found && found.number() == until) {
                return i;
            }
        }
        throw new AssertionError("marker " + until + " was not delivered");
    }

    @Override
    public synchronized Optional<RowKey> chunkEnd(@Nullable RowKey lowerExclusive, int rows) {
        return between(source, new KeyRange(lowerExclusive, null)).keySet().stream()
                .skip(rows - 1L)
                .findFirst()
                .map(FakePipeline::key);
    }

    @Override
    public synchronized ChunkComparison compare(KeyRange range) {
        compared.add(range);
        Map<Long, String> left = between(source, range);
        Map<Long, String> right = between(shadow, range);
        return new ChunkComparison(left.size(), right.size(), left.equals(right));
    }

    @Override
    public synchronized List<RowKey> differingKeys(KeyRange range, int most) {
        Set<Long> keys = new TreeSet<>(between(source, range).keySet());
        keys.addAll(between(shadow, range).keySet());
        return keys.stream()
                .filter(key -> !Objects.equals(source.get(key), shadow.get(key)))
                .limit(most)
                .map(FakePipeline::key)
                .toList();
    }

    @Override
    public synchronized List<RowKey> sourceKeys(List<RowKey> among) {
        return among.stream().filter(key -> source.containsKey(number(key))).toList();
    }

    @Override
    public Reproduction reproduce(RowDifference difference) {
        return new Reproduction("", "");
    }

    @Override
    public String logPosition() {
        return "";
    }

    @Override
    public synchronized List<RowDifference> differences(List<RowKey> keys, Values values) {
        beforeDifferences.run();
        List<RowDifference> found = new ArrayList<>();
        for (RowKey key : keys) {
            String left = source.get(number(key));
            String right = shadow.get(number(key));
            if (!Objects.equals(left, right)) {
                Kind kind = left == null ? Kind.EXTRA : right == null ? Kind.MISSING : Kind.DIFFERS;
                hotDifferences += number(key) <= HOT_KEYS ? 1 : 0;
                found.add(new RowDifference(key, kind, kind == Kind.DIFFERS ? List.of("total") : List.of()));
            }
        }
        return found;
    }

    /** How often a row that is being written was seen to differ. */
    synchronized int hotDifferences() {
        return hotDifferences;
    }

    private static NavigableMap<Long, String> between(NavigableMap<Long, String> rows, KeyRange range) {
        NavigableMap<Long, String> from =
                range.lowerExclusive() == null ? rows : rows.tailMap(number(range.lowerExclusive()), false);
        if (range.upperInclusive() == null || from.isEmpty()) {
            return from;
        }
        return number(range.upperInclusive()) < from.firstKey()
                ? new TreeMap<>()
                : from.headMap(number(range.upperInclusive()), true);
    }

    static RowKey key(long number) {
        return RowKey.of(Long.toString(number));
    }

    private static long number(RowKey key) {
        return Long.parseLong(key.values().get(0));
    }
}
