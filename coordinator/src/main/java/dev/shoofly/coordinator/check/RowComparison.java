package dev.shoofly.coordinator.check;

import dev.shoofly.backfill.Pace;
import dev.shoofly.coordinator.KafkaAccess;
import dev.shoofly.coordinator.LivePace;
import dev.shoofly.database.Comparer;
import dev.shoofly.database.Database;
import dev.shoofly.database.connection.Retry;
import dev.shoofly.database.control.Migration;
import dev.shoofly.database.throttle.FollowedThrottle;
import dev.shoofly.database.throttle.FollowedThrottle.Silence;
import dev.shoofly.database.throttle.Throttle;
import dev.shoofly.model.ErrorKind;
import dev.shoofly.model.MigrationMetrics;
import dev.shoofly.model.RepairMode;
import dev.shoofly.model.RowKey;
import dev.shoofly.model.ShooflyException;
import dev.shoofly.model.VerifySettings;
import dev.shoofly.verifier.CheckReport;
import dev.shoofly.verifier.CheckScope;
import dev.shoofly.verifier.Classification;
import dev.shoofly.verifier.MarkerFence;
import dev.shoofly.verifier.Mismatch;
import dev.shoofly.verifier.MismatchSink;
import dev.shoofly.verifier.MismatchTopic;
import dev.shoofly.verifier.Surroundings;
import dev.shoofly.verifier.TableCheck;
import dev.shoofly.verifier.ValidationDetails;
import dev.shoofly.verifier.VerificationSettings;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.function.LongConsumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The rows' part of a verification on demand: a comparison beside a migration that goes on. One thread. */
final class RowComparison {
    private static final Logger LOG = LoggerFactory.getLogger(RowComparison.class);
    /** Two of them are less than an owner keeps of the topic behind its appliers. */
    private static final Duration MARKER_TIMEOUT = Duration.ofSeconds(10);

    private static final Duration HOT_ROWS_FOR = Duration.ofSeconds(60);
    /** Without the topic: more looks do not tell more. */
    private static final Duration UNKNOWN_ROWS_FOR = Duration.ofSeconds(5);

    private static final int MOST_MISMATCHES = 10_000;
    /** Rows of a kind that are handed out. */
    private static final int LISTED = 1_000;

    /** Somebody waits at a terminal. */
    private static final Retry RETRY =
            new Retry(Duration.ofMinutes(1), Duration.ofMillis(50), Duration.ofSeconds(2), error -> {});

    private final Database database;
    private final KafkaAccess.Provider kafka;
    private final InstantSource clock;
    private final Migration migration;
    private final Sides sides;
    private final Optional<String> standsStill;
    private final Duration patience;
    private final Comparer comparer;
    private final Deque<AutoCloseable> open = new ArrayDeque<>();

    RowComparison(
            Database database,
            KafkaAccess.Provider kafka,
            InstantSource clock,
            Migration migration,
            Sides sides,
            boolean running,
            Duration patience) {
        this.database = database;
        this.kafka = kafka;
        this.clock = clock;
        this.migration = migration;
        this.sides = sides;
        this.standsStill = Delivery.standsStill(migration, running);
        this.patience = patience;
        this.comparer = database.comparer(sides.compared());
    }

    record Result(Findings.Comparison comparison, Gate gate) {}

    Result run(Selection selection, RepairMode repair, LongConsumer progress) {
        try {
            // Nobody passes anything on: then the topic has nothing to tell, and its broker may be gone.
            ReachedTopic topic = standsStill
                    .map(ReachedTopic::outOfReach)
                    .orElseGet(() -> ReachedTopic.of(kafka, migration, sides.compared(), open));
            if (repair == RepairMode.AUTO && !topic.isReached()) {
                throw new ShooflyException(
                        ErrorKind.REFUSED,
                        "rows of " + sides.plan().shadow() + " cannot be repaired from here: " + topic.whyNot()
                                + ". Nothing was compared.");
            }
            VerificationSettings settings = settings(repair, topic);
            FollowedThrottle followed = followed();
            Pace pace = new LivePace(followed.settings(), database::processors, followed::othersWork);
            Surroundings surroundings = surroundings(topic, counting(followed, progress));
            // What was known to differ is looked at again in any case: it may be equal by now.
            List<RowKey> known = database.control().validation().open(migration.id());
            CheckReport report = new TableCheck(settings, surroundings, RETRY, new Random(), pace::threads)
                    .run(scope(selection, known));
            if (!known.isEmpty()) {
                CheckReport again = selection instanceof Selection.Rows
                        ? report
                        : new TableCheck(settings, surroundings, RETRY, new Random(), pace::threads)
                                .run(new CheckScope.Keys(known));
                withdrawEqual(known, again, surroundings);
            }
            return new Result(comparison(selection, report), RowsGate.of(report, topic.whyNot(), topic.isReached()));
        } finally {
            open.forEach(RowComparison::closeQuietly);
        }
    }

    private VerificationSettings settings(RepairMode repair, ReachedTopic topic) {
        VerifySettings asked = migration.spec().verify();
        return new VerificationSettings(
                sides.compared(),
                migration.spec().chunkRows(),
                MARKER_TIMEOUT,
                topic.isReached() ? HOT_ROWS_FOR : UNKNOWN_ROWS_FOR,
                MOST_MISMATCHES,
                new VerifySettings(repair, asked.repairLimit(), asked.payload()));
    }

    private Surroundings surroundings(ReachedTopic topic, Throttle throttle) {
        List<MismatchSink> sinks = new ArrayList<>();
        sinks.add(new CertainOnly(new ValidationDetails(database.control().validation(), migration.id())));
        topic.mismatches(sides.compared(), comparer, clock).ifPresent(mismatches -> {
            open.push(mismatches);
            sinks.add(new CertainOnly(mismatches));
        });
        Delivery delivery = new Delivery(database.control(), migration.id(), patience);
        return new Surroundings(
                comparer,
                new MarkerFence(database.control(), migration.id(), unlessInVain(), delivery::check),
                topic.window(),
                topic.dirtyKeys(),
                sinks,
                throttle,
                MigrationMetrics.NONE);
    }

    /** Asked before a marker is written: one that nobody passes on is of no use. */
    private Throttle unlessInVain() {
        return new Throttle() {
            @Override
            public void await() {
                standsStill.ifPresent(why -> {
                    throw new ShooflyException(ErrorKind.REFUSED, why);
                });
            }
        };
    }

    /** As fast as the owner lets others work; at the operator's ceiling when it is silent, for nothing is written. */
    private FollowedThrottle followed() {
        FollowedThrottle followed = new FollowedThrottle(
                database.control().throttle(), migration.id(), System::nanoTime, Silence.LEAVES_THE_CEILING);
        open.push(followed);
        followed.start();
        return followed;
    }

    private static Throttle counting(Throttle followed, LongConsumer progress) {
        return Throttle.allOf(followed, new Throttle() {
            private long rows;

            @Override
            public synchronized void finished(Duration took, long rowsDone) {
                rows += rowsDone;
                progress.accept(rows);
            }
        });
    }

    private static CheckScope scope(Selection selection, List<RowKey> known) {
        if (selection instanceof Selection.Rows rows) {
            Set<RowKey> all = new LinkedHashSet<>(rows.keys());
            all.addAll(known);
            return new CheckScope.Keys(List.copyOf(all));
        }
        return selection instanceof Selection.Sample sample
                ? new CheckScope.Sample(sample.share())
                : new CheckScope.Full();
    }

    /** Rows that an earlier comparison found to differ, and that are equal now. */
    private static void withdrawEqual(List<RowKey> known, CheckReport again, Surroundings surroundings) {
        if (!again.complete()) {
            return;
        }
        Set<RowKey> differ = new HashSet<>(again.unsettled());
        again.found().forEach(each -> differ.add(each.key()));
        for (RowKey key : known) {
            if (!differ.contains(key)) {
                surroundings.sinks().forEach(sink -> sink.withdraw(key));
            }
        }
    }

    private Findings.Comparison comparison(Selection selection, CheckReport report) {
        return new Findings.Comparison(
                report.rowsCompared(),
                report.took().toMillis() / 1e3,
                report.mismatchCount(),
                report.repairedCount(),
                report.lagCount(),
                report.undecidedCount(),
                report.found().stream()
                        .filter(each -> each.classification() != Classification.IN_FLIGHT)
                        .limit(LISTED)
                        .map(this::row)
                        .toList(),
                report.unsettled().size(),
                report.unsettled().stream().limit(LISTED).map(RowKey::toString).toList(),
                report.absent().stream()
                        .filter(key -> selection instanceof Selection.Rows asked
                                && asked.keys().contains(key))
                        .map(RowKey::toString)
                        .toList(),
                report.complete());
    }

    private Findings.Row row(Mismatch found) {
        return new Findings.Row(
                found.key().toString(),
                found.kind().name(),
                found.columns(),
                found.classification().name(),
                found.repair().name(),
                MismatchTopic.json(sides.compared(), found, comparer.reproduce(found.row()), clock));
    }

    private static void closeQuietly(AutoCloseable each) {
        try {
            each.close();
        } catch (Exception e) {
            LOG.debug("closing {} failed", each.getClass().getSimpleName(), e);
        }
    }
}
