package dev.shoofly.coordinator.check;

import dev.shoofly.coordinator.KafkaAccess;
import dev.shoofly.coordinator.MigrationControl;
import dev.shoofly.coordinator.check.TrafficReport.Counts;
import dev.shoofly.coordinator.check.TrafficReport.Times;
import dev.shoofly.coordinator.check.TrafficReport.Verdict;
import dev.shoofly.database.Database;
import dev.shoofly.database.TableSwap.Direction;
import dev.shoofly.database.control.Migration;
import dev.shoofly.database.control.TrafficRows;
import dev.shoofly.database.replay.Comparison;
import dev.shoofly.database.replay.Comparison.Result;
import dev.shoofly.database.replay.Read;
import dev.shoofly.database.replay.ReadReplay;
import dev.shoofly.database.replay.ReplayDialect.Sample;
import dev.shoofly.database.replay.Table;
import dev.shoofly.database.throttle.FollowedThrottle;
import dev.shoofly.database.throttle.FollowedThrottle.Silence;
import dev.shoofly.database.throttle.Throttle;
import dev.shoofly.model.ErrorKind;
import dev.shoofly.model.ShooflyException;
import dev.shoofly.verifier.MarkerFence;
import dev.shoofly.verifier.experiment.Latencies;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.LongConsumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Asks both tables of a migration what applications ask the original, and compares answers, times and plans. Any process may do so,
 * from the end of the copy to the swap. Writes no row of either table and runs nothing that could.
 *
 * <p>Answers that differ are looked at again between two markers ({@link ReadSettlement}), so that rows which are on their way are no
 * difference. What came of it is kept in {@code shoofly.shadow_stats}; it keeps no migration from its cut-over. One thread at a
 * time.
 */
public final class ShadowTraffic {
    private static final Logger LOG = LoggerFactory.getLogger(ShadowTraffic.class);

    private final Database database;
    private final KafkaAccess.Provider kafka;
    private final Duration patience;

    /** @param patience for how long no marker may get through before that is taken for a standstill */
    public ShadowTraffic(Database database, KafkaAccess.Provider kafka, Duration patience) {
        this.database = database;
        this.kafka = kafka;
        this.patience = patience;
    }

    /**
     * Replays until the time is up; at least one statement.
     *
     * @param progress told how many runs there were
     * @throws ShooflyException REFUSED when there are no two tables to compare yet or any more, or no statements; what the
     *     servers say
     */
    public TrafficReport run(Migration migration, Traffic traffic, LongConsumer progress) throws InterruptedException {
        Sides sides = Sides.of(database, migration);
        if (sides.direction() != Direction.FORWARD || !sides.isFilled()) {
            throw new ShooflyException(
                    ErrorKind.REFUSED,
                    "migration " + migration.id() + " of " + migration.source() + " is " + migration.state()
                            + ": reads are replayed from the end of the copy to the cut-over. Nothing was replayed.");
        }
        Deque<AutoCloseable> open = new ArrayDeque<>();
        try {
            ReadReplay replay = ReadReplay.open(database.reads(sides.plan()), traffic.statementTimeout());
            open.push(replay);
            return new Run(migration, sides, traffic, replay, open).report(progress);
        } finally {
            open.forEach(ShadowTraffic::closeQuietly);
        }
    }

    private final class Run {
        private final Migration migration;
        private final Sides sides;
        private final Traffic traffic;
        private final ReadReplay replay;
        private final ReadSettlement settlement;
        private final Throttle throttle;
        private final List<String> notes = new ArrayList<>();
        private final long begun = System.nanoTime();
        private int withoutValues;

        Run(Migration migration, Sides sides, Traffic traffic, ReadReplay replay, Deque<AutoCloseable> open) {
            this.migration = migration;
            this.sides = sides;
            this.traffic = traffic;
            this.replay = replay;
            Optional<String> standsStill =
                    Delivery.standsStill(migration, new MigrationControl(database).isRunning(migration.id()));
            ReachedTopic topic = standsStill
                    .map(ReachedTopic::outOfReach)
                    .orElseGet(() -> ReachedTopic.of(kafka, migration, sides.compared(), open));
            if (!topic.isReached()) {
                notes.add("answers that differ cannot be told from rows on their way: " + topic.whyNot());
            }
            Delivery delivery = new Delivery(database.control(), migration.id(), patience);
            this.settlement = new ReadSettlement(
                    replay,
                    new MarkerFence(database.control(), migration.id(), unlessInVain(standsStill), delivery::check),
                    topic.window());
            FollowedThrottle followed = new FollowedThrottle(
                    database.control().throttle(), migration.id(), System::nanoTime, Silence.LEAVES_THE_CEILING);
            open.push(followed);
            followed.start();
            this.throttle = followed;
        }

        TrafficReport report(LongConsumer progress) throws InterruptedException {
            List<ReplayedStatement> all = statements();
            replay(all.stream().filter(each -> each.read().isPresent()).toList(), progress);
            Latencies source = new Latencies();
            Latencies shadow = new Latencies();
            all.forEach(each -> each.addTo(source, shadow));
            TrafficReport report = new TrafficReport(
                    migration.id().value(),
                    sides.plan().source().toString(),
                    sides.plan().shadow().toString(),
                    migration.state(),
                    TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - begun) / 1e3,
                    all.stream().map(ReplayedStatement::report).toList(),
                    withoutValues,
                    ReplayedStatement.times(source, shadow),
                    notes);
            save(report);
            return report;
        }

        private List<ReplayedStatement> statements() {
            List<String> texts = texts();
            List<ReplayedStatement> all = new ArrayList<>();
            for (String text : texts) {
                all.add(new ReplayedStatement(all.size() + 1, text, replay.judge(text)));
            }
            if (all.isEmpty()) {
                throw new ShooflyException(
                        ErrorKind.REFUSED,
                        "there are no statements about " + sides.plan().source() + " to replay"
                                + (withoutValues == 0
                                        ? ""
                                        : ": of " + withoutValues + " the server does not keep the values, or only the"
                                                + " beginning. Give a file of statements with their values")
                                + ". Nothing was replayed.");
            }
            return all;
        }

        private List<String> texts() {
            if (traffic.origin() instanceof Traffic.Text file) {
                return replay.split(file.text());
            }
            Sample sample = replay.recent(((Traffic.Recent) traffic.origin()).most());
            withoutValues = sample.withoutValues();
            return sample.statements();
        }

        private void replay(List<ReplayedStatement> subjects, LongConsumer progress) throws InterruptedException {
            long end = begun + traffic.lasting().toNanos();
            long interval = Math.round(TimeUnit.SECONDS.toNanos(1) / traffic.perSecond());
            long next = System.nanoTime();
            long runs = 0;
            while (!subjects.isEmpty()) {
                for (ReplayedStatement subject : subjects) {
                    if (runs > 0 && System.nanoTime() - end > 0) {
                        return;
                    }
                    TimeUnit.NANOSECONDS.sleep(Math.max(0, next - System.nanoTime()));
                    next = Math.max(next + interval, System.nanoTime());
                    throttle.await();
                    long from = System.nanoTime();
                    visit(subject);
                    throttle.finished(Duration.ofNanos(System.nanoTime() - from), 1);
                    progress.accept(++runs);
                }
            }
        }

        private void visit(ReplayedStatement subject) throws InterruptedException {
            Read read = subject.read().orElseThrow();
            Comparison seen = subject.run(replay, read);
            if (seen.result() == Result.FAILED_ON_SHADOW) {
                // A lock or a time-out of the moment is no finding.
                seen = replay.run(read, Table.SOURCE).comparison();
            }
            if (seen.result() == Result.DIFFERS) {
                subject.count(settlement.decide(read));
            } else {
                subject.count(seen);
            }
        }

        private void save(TrafficReport report) {
            database.control()
                    .traffic()
                    .replace(
                            migration.id(),
                            report.statements().stream()
                                    .filter(each -> each.verdict() != Verdict.ELSEWHERE)
                                    .map(ShadowTraffic::row)
                                    .toList());
        }
    }

    /** Asked before a marker is written: one that nobody passes on is of no use. */
    private static Throttle unlessInVain(Optional<String> standsStill) {
        return new Throttle() {
            @Override
            public void await() {
                standsStill.ifPresent(why -> {
                    throw new ShooflyException(ErrorKind.REFUSED, why);
                });
            }
        };
    }

    private static TrafficRows.Row row(TrafficReport.Statement each) {
        Counts counts = each.counts();
        Times times = each.times();
        return new TrafficRows.Row(
                each.digest(),
                each.verdict().name(),
                new TrafficRows.Counts(
                        counts.runs(),
                        counts.same(),
                        counts.differs(),
                        counts.inFlight(),
                        counts.unsettled(),
                        counts.notComparable(),
                        counts.failedOnShadow()),
                new TrafficRows.Times(
                        micros(times.sourceP50()),
                        micros(times.sourceP99()),
                        micros(times.shadowP50()),
                        micros(times.shadowP99())),
                each.plans().changed(),
                each.detail());
    }

    private static long micros(Optional<Duration> time) {
        return time.map(duration -> duration.toNanos() / 1_000).orElse(-1L);
    }

    private static void closeQuietly(AutoCloseable each) {
        try {
            each.close();
        } catch (Exception e) {
            LOG.debug("closing {} failed", each.getClass().getSimpleName(), e);
        }
    }
}
