package dev.shoofly.cli.metrics;

import dev.shoofly.coordinator.ApplierRole;
import dev.shoofly.coordinator.MigrationSnapshot;
import dev.shoofly.coordinator.disk.DiskView;
import dev.shoofly.database.control.ThrottleState;
import dev.shoofly.database.throttle.SignalKind;
import dev.shoofly.model.MigrationMetrics;
import dev.shoofly.model.MigrationState;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.time.Duration;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.function.ToDoubleFunction;

/** Counts and times in a Prometheus registry, and reads gauges from a running migration's snapshot. Thread-safe. */
public final class PrometheusMetrics implements MigrationMetrics, AutoCloseable {
    private static final double MILLIS_PER_SECOND = 1000;

    private final PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    private final Map<Counter, io.micrometer.core.instrument.Counter> counters = new EnumMap<>(Counter.class);
    private final Map<Timer, io.micrometer.core.instrument.Timer> timers = new EnumMap<>(Timer.class);

    public PrometheusMetrics() {
        for (Counter counter : Counter.values()) {
            counters.put(counter, registry.counter(MetricNames.of(counter)));
        }
        for (Timer timer : Timer.values()) {
            timers.put(timer, registry.timer(MetricNames.of(timer)));
        }
    }

    @Override
    public void count(Counter counter, long amount) {
        counterOf(counter).increment((double) amount);
    }

    @Override
    public void time(Timer timer, Duration duration) {
        java.util.Objects.requireNonNull(timers.get(timer)).record(duration);
    }

    private io.micrometer.core.instrument.Counter counterOf(Counter counter) {
        return java.util.Objects.requireNonNull(counters.get(counter));
    }

    /** Adds the gauges. Call once. */
    public void watch(Supplier<Optional<MigrationSnapshot>> source) {
        for (MigrationState state : MigrationState.values()) {
            Gauge.builder(MetricNames.PHASE, () -> read(source, seen -> seen.state() == state ? 1 : 0))
                    .description("1 for the state that the migration is in, 0 for the others")
                    .tag(MetricNames.PHASE_TAG, state.name())
                    .register(registry);
        }
        gauge(source, MetricNames.LAG, "Commit at the source to applied in the shadow", "seconds", seen -> {
            return seen.lagMillis() < 0 ? Double.NaN : seen.lagMillis() / MILLIS_PER_SECOND;
        });
        gauge(
                source,
                MetricNames.COPY_ROWS_DONE,
                "Rows copied, earlier runs included",
                "",
                MigrationSnapshot::rowsCopied);
        gauge(source, MetricNames.COPY_ROWS_TOTAL, "Estimate of the rows to copy", "", MigrationSnapshot::rowsTotal);
        gauge(source, MetricNames.COPY_RATE, "Rows copied per second lately", "", MigrationSnapshot::rowsPerSecond);
        gauge(source, MetricNames.THROTTLED, "1 while a pause or the throttle lets nothing be copied", "", seen -> {
            return seen.state() == MigrationState.PAUSED || seen.throttle().fraction() <= 0 ? 1 : 0;
        });
        throttle(source);
        gauge(
                source,
                MetricNames.MISMATCHES_OPEN,
                "Rows found different by the verifier",
                "",
                MigrationSnapshot::mismatches);
        gauge(source, MetricNames.APPLIERS, "Living applier instances in all processes", "", seen -> {
            return seen.apply().instances();
        });
        gauge(source, MetricNames.PARTITIONS_UNCLAIMED, "Partitions that nobody applies", "", seen -> {
            return seen.apply().unclaimed().size();
        });
        gauge(source, MetricNames.TOPIC_BACKLOG, "Records that are not applied yet", "", seen -> {
            return known(seen.apply().backlogRecords());
        });
        gauge(source, MetricNames.TOPIC_RECORDS, "Records kept in the changes topic", "", seen -> {
            return known(seen.apply().topicRecords());
        });
        gauge(source, MetricNames.TOPIC_SIZE, "The changes topic on the brokers' disks", "bytes", seen -> {
            return known(seen.apply().topicBytes());
        });
        gauge(
                source,
                MetricNames.ROLLBACK_MISFITS,
                "Rows of the new table that the old one does not take",
                "",
                MigrationSnapshot::misfits);
        gauge(source, MetricNames.CUTOVER_LOCKED, "How long the swap held the table", "seconds", seen -> {
            return seen.lockedMillis() < 0 ? Double.NaN : seen.lockedMillis() / MILLIS_PER_SECOND;
        });
    }

    private void throttle(Supplier<Optional<MigrationSnapshot>> source) {
        gauge(source, MetricNames.THROTTLE_FRACTION, "Share of its time that a copying thread may work", "", seen -> {
            return seen.throttle().fraction();
        });
        FunctionCounter.builder(
                        MetricNames.THROTTLE_LOST,
                        source,
                        from -> from.get()
                                .map(seen -> seen.throttle().throttledMillis() / MILLIS_PER_SECOND)
                                .orElse(0.0))
                .description("How long work would have had to stand still to lose what the throttle cost")
                .register(registry);
        for (SignalKind kind : SignalKind.values()) {
            Gauge.builder(MetricNames.THROTTLE_PRESSURE, () -> read(source, seen -> pressure(seen, kind)))
                    .description("Value divided by limit, the worst of the signal's readings; NaN: not measured")
                    .tag(MetricNames.THROTTLE_TAG, kind.tag())
                    .register(registry);
        }
    }

    private static double pressure(MigrationSnapshot seen, SignalKind kind) {
        return seen.throttle().signals().stream()
                .filter(signal -> signal.kind().equals(kind.name()) && signal.pressure() >= 0)
                .mapToDouble(ThrottleState.Signal::pressure)
                .max()
                .orElse(Double.NaN);
    }

    /** Adds the gauges of the tightest disk. Call once, beside {@link #watch}. */
    public void watchDisk(Supplier<Optional<DiskView>> source) {
        gaugeOfDisk(source, MetricNames.DISK_REQUIRED, "Still to be filled, and the reserve", DiskView::requiredBytes);
        gaugeOfDisk(source, MetricNames.DISK_AVAILABLE, "Free now", DiskView::availableBytes);
    }

    private void gaugeOfDisk(
            Supplier<Optional<DiskView>> source, String name, String description, ToDoubleFunction<DiskView> value) {
        Supplier<Number> reading = () -> source.get().map(value::applyAsDouble).orElse(Double.NaN);
        Gauge.builder(name, reading).description(description).baseUnit("bytes").register(registry);
    }

    /** Adds the gauges of a process that applies for others. Call once, instead of {@link #watch}. */
    public void watchAppliers(Supplier<List<ApplierRole.Served>> source) {
        Gauge.builder(MetricNames.MIGRATIONS_SERVED, () -> source.get().size())
                .description("Migrations that this process has an applier for")
                .register(registry);
        Gauge.builder(
                        MetricNames.PARTITIONS_CLAIMED,
                        () -> source.get().stream()
                                .mapToInt(each -> each.partitions().size())
                                .sum())
                .description("Partitions that this process applies")
                .register(registry);
        Gauge.builder(
                        MetricNames.LAG,
                        () -> source.get().stream()
                                .mapToLong(ApplierRole.Served::lagMillis)
                                .filter(millis -> millis >= 0)
                                .mapToObj(millis -> millis / MILLIS_PER_SECOND)
                                .max(Double::compare)
                                .orElse(Double.NaN))
                .description("Commit at the source to applied in the shadow, of this process's partitions")
                .baseUnit("seconds")
                .register(registry);
    }

    private static double known(long amount) {
        return amount < 0 ? Double.NaN : amount;
    }

    private void gauge(
            Supplier<Optional<MigrationSnapshot>> source,
            String name,
            String description,
            String unit,
            ToDoubleFunction<MigrationSnapshot> value) {
        Supplier<Number> reading = () -> read(source, value);
        Gauge.Builder<Supplier<Number>> builder = Gauge.builder(name, reading).description(description);
        (unit.isEmpty() ? builder : builder.baseUnit(unit)).register(registry);
    }

    private static double read(
            Supplier<Optional<MigrationSnapshot>> source, ToDoubleFunction<MigrationSnapshot> value) {
        return source.get().map(value::applyAsDouble).orElse(Double.NaN);
    }

    /** In Prometheus's text format. */
    String scrape() {
        return registry.scrape();
    }

    @Override
    public void close() {
        registry.close();
    }
}
