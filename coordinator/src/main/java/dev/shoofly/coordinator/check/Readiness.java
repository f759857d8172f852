package dev.shoofly.coordinator.check;

import dev.shoofly.coordinator.disk.CopyProgress;
import dev.shoofly.coordinator.disk.CopyProgress.Phase;
import dev.shoofly.coordinator.disk.DiskCheck;
import dev.shoofly.coordinator.disk.DiskMeter;
import dev.shoofly.database.Database;
import dev.shoofly.database.TableSwap.Direction;
import dev.shoofly.database.control.ApplierInstance;
import dev.shoofly.database.control.Migration;
import dev.shoofly.database.control.Misfits;
import dev.shoofly.database.control.VerificationState;
import dev.shoofly.model.ErrorKind;
import dev.shoofly.model.MigrationPlan;
import dev.shoofly.model.MigrationState;
import dev.shoofly.model.RowKey;
import dev.shoofly.model.ShooflyException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/**
 * What the swap would wait for, asked from any process: the same questions that the owner asks before each attempt, and those
 * by which it would have ended the migration. Asks; changes nothing.
 */
final class Readiness {
    static final String MISMATCHES = "mismatches";

    /** As long as the owner waits before an attempt. */
    private static final Duration CAUGHT_UP_WITHIN = Duration.ofSeconds(2);

    private static final Duration LAG_ASKED_FOR = Duration.ofSeconds(10);
    private static final int NAMED_KEYS = 5;

    private final Database database;
    private final Migration migration;
    private final Sides sides;
    private final boolean running;

    /** @param running whether a living process owns the migration */
    Readiness(Database database, Migration migration, Sides sides, boolean running) {
        this.database = database;
        this.migration = migration;
        this.sides = sides;
        this.running = running;
    }

    List<Gate> gates(Delivery delivery) throws InterruptedException {
        List<Gate> gates = new ArrayList<>();
        gates.add(state());
        gates.add(process());
        gates.add(asked("definition", this::definition));
        gates.add(asked("log", this::log));
        gates.add(asked("appliers", this::appliers));
        gates.add(lag(delivery));
        gates.add(asked("verification", this::verification));
        // Not asked like the others: what cannot be told must not pass for rows that differ.
        gates.add(mismatches());
        if (sides.direction() == Direction.BACK) {
            gates.add(asked("misfits", this::misfits));
        }
        gates.add(asked("transactions", this::transactions));
        gates.add(asked("disk", this::disk));
        return gates;
    }

    /** What cannot be asked is no reason to call it well. */
    private static Gate asked(String name, Supplier<Gate> question) {
        try {
            return question.get();
        } catch (ShooflyException e) {
            if (e.kind() == ErrorKind.SUPERSEDED) {
                throw e;
            }
            return Gate.shut(name, "could not be asked: " + e.getMessage());
        }
    }

    private Gate state() {
        String because = migration.reason() == null ? "" : ": " + migration.reason();
        boolean there = sides.direction() == Direction.BACK
                ? migration.state() == MigrationState.CUTOVER
                : migration.state() == MigrationState.READY;
        if (there) {
            return Gate.open("state", migration.state().name());
        }
        return Gate.shut(
                "state",
                switch (migration.state()) {
                    case PAUSED -> "PAUSED" + because + "; 'resume " + migration.id() + "' goes on";
                    case FAILED -> "FAILED" + because;
                    case COPYING ->
                        "COPYING: " + migration.rowsCopied() + " of about " + migration.rowsTotal() + " rows";
                    case VALIDATING -> "VALIDATING: every row is compared once before the swap";
                    case CREATED,
                            PLANNING,
                            PREPARING,
                            SYNCHRONIZING,
                            READY,
                            CUTOVER,
                            COMPLETED,
                            ROLLED_BACK,
                            CANCELLED -> migration.state().name();
                });
    }

    private Gate process() {
        return running
                ? Gate.open("process", migration.owner() + " runs it")
                : Gate.shut(
                        "process",
                        "no process runs it (the last was " + migration.owner() + "); 'resume " + migration.id()
                                + "' does");
    }

    private Gate definition() {
        Optional<String> change = database.sourceWatch(sides.plan()).change();
        return change.map(what -> Gate.shut("definition", sides.plan().source() + " was changed: " + what))
                .orElseGet(() -> Gate.open("definition", "as it was when the migration began"));
    }

    private Gate log() {
        MigrationPlan captured = Objects.requireNonNull(migration.plan());
        return database.changeLog()
                .brokenBecause(captured)
                .map(why -> Gate.shut("log", why))
                .orElseGet(() -> Gate.open("log", "the capture can go on"));
    }

    private Gate appliers() {
        List<ApplierInstance> alive = database.control().appliers().list(migration.id()).stream()
                .filter(ApplierInstance::isAlive)
                .toList();
        int partitions = sides.plan().partitions();
        List<Integer> unclaimed = ApplierInstance.unclaimed(alive, partitions);
        if (!unclaimed.isEmpty()) {
            return Gate.shut("appliers", unclaimed.size() + " of " + partitions + " partitions have no living applier");
        }
        return Gate.open(
                "appliers",
                partitions + " partitions by "
                        + alive.stream().map(ApplierInstance::name).collect(Collectors.joining(", ")));
    }

    private Gate lag(Delivery delivery) throws InterruptedException {
        Optional<String> standsStill = Delivery.standsStill(migration, running);
        if (standsStill.isPresent()) {
            return Gate.shut("lag", "no marker was written: " + standsStill.get());
        }
        Optional<Duration> lag;
        try {
            lag = delivery.probe(LAG_ASKED_FOR);
        } catch (ShooflyException e) {
            return Gate.shut("lag", "could not be asked: " + e.getMessage());
        }
        String words = lag.map(took -> "a marker was applied by all partitions within " + took.toMillis() + " ms")
                .orElse("a marker was not applied by all partitions within " + LAG_ASKED_FOR.toSeconds() + " s"
                        + (migration.lagMillis() < 0
                                ? ""
                                : "; the last lag known is " + migration.lagMillis() + " ms"));
        return lag.filter(took -> took.compareTo(CAUGHT_UP_WITHIN) <= 0).isPresent()
                ? Gate.open("lag", words)
                : Gate.shut("lag", words);
    }

    /** The migration's own, which goes on until the swap. */
    private Gate verification() {
        Optional<VerificationState> begun =
                database.control().verification().find(migration.id()).filter(VerificationState::isBegun);
        String words = begun.map(state -> (state.swept() ? "every row" : state.rows() + " rows")
                        + " compared, and what changed through marker " + state.marker() + " of "
                        + database.control().markers().last(migration.id())
                        + (state.open().isEmpty()
                                ? ""
                                : "; " + state.open().size() + " rows changed while they were compared"))
                .orElse("not begun");
        // A rollback does not wait for it.
        boolean done = sides.direction() == Direction.BACK
                || begun.map(VerificationState::swept).orElse(sides.phase() == MigrationState.READY);
        return done ? Gate.open("verification", words) : Gate.shut("verification", words);
    }

    private Gate mismatches() {
        List<RowKey> open = database.control().validation().open(migration.id());
        return open.isEmpty()
                ? Gate.open(MISMATCHES, "none is known")
                : Gate.shut(
                        MISMATCHES,
                        open.size() + " rows are known to differ (see shoofly.validation_details): key "
                                + open.stream()
                                        .limit(NAMED_KEYS)
                                        .map(RowKey::toString)
                                        .collect(Collectors.joining(", "))
                                + (open.size() > NAMED_KEYS ? " …" : ""));
    }

    private Gate misfits() {
        Misfits found = database.control().misfits().summary(migration.id());
        return found.isEmpty()
                ? Gate.open("misfits", "every row fits the old table")
                : Gate.shut("misfits", found.words() + ", and is not compared. " + Misfits.advice());
    }

    private Gate transactions() {
        String point = migration.completionPoint();
        if (point == null) {
            return Gate.shut("transactions", "not asked: the shadow is not complete yet");
        }
        List<String> blockers = database.swap(sides.plan(), sides.direction()).blockers(point);
        return blockers.isEmpty()
                ? Gate.open("transactions", "none stands in the way")
                : Gate.shut("transactions", String.join("; ", blockers));
    }

    private Gate disk() {
        DiskCheck check = new DiskCheck(database.storage(), sides.plan().source(), DiskMeter.OF_THIS_HOST);
        Optional<String> shortage = check.shortage(database.control().disk().find(migration.id()), progress());
        return shortage.map(words -> Gate.shut("disk", words))
                .orElseGet(() ->
                        Gate.open("disk", check.latest().isPresent() ? "enough space" : "not known, or not asked for"));
    }

    private CopyProgress progress() {
        return switch (sides.phase()) {
            case CREATED, PLANNING, PREPARING -> CopyProgress.in(Phase.BEFORE);
            case COPYING ->
                new CopyProgress(
                        Phase.COPYING,
                        sides.plan().shadow(),
                        migration.rowsTotal() <= 0 ? 0 : (double) migration.rowsCopied() / migration.rowsTotal());
            case SYNCHRONIZING, VALIDATING, READY, CUTOVER, COMPLETED, PAUSED, FAILED, ROLLED_BACK, CANCELLED ->
                CopyProgress.in(Phase.LATER);
        };
    }
}
