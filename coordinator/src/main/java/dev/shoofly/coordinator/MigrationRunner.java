package dev.shoofly.coordinator;

import dev.shoofly.coordinator.disk.DiskMeter;
import dev.shoofly.coordinator.disk.DiskView;
import dev.shoofly.coordinator.events.EventPublisher;
import dev.shoofly.database.Database;
import dev.shoofly.database.OwnerLock;
import dev.shoofly.database.connection.Retry;
import dev.shoofly.database.connection.SqlErrors;
import dev.shoofly.database.control.Command;
import dev.shoofly.database.control.Migration;
import dev.shoofly.model.DuplicateRowsException;
import dev.shoofly.model.ErrorKind;
import dev.shoofly.model.FaultPoints;
import dev.shoofly.model.GateName;
import dev.shoofly.model.MigrationId;
import dev.shoofly.model.MigrationMetrics;
import dev.shoofly.model.MigrationSpec;
import dev.shoofly.model.MigrationState;
import dev.shoofly.model.NativePlan;
import dev.shoofly.model.OnDuplicates;
import dev.shoofly.model.ShooflyException;
import dev.shoofly.model.TableName;
import dev.shoofly.model.throttle.ThrottleSettings;
import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.MDC;

/** Runs one migration in this process. One call of {@link #start} or {@link #resume} per object. */
public final class MigrationRunner implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(MigrationRunner.class);
    private final Database database;
    private final KafkaAccess.Provider kafka;
    private final RunnerSettings settings;
    private final MigrationMetrics metrics;
    private final FaultPoints faultPoints;
    private final StopRequests stops = new StopRequests();
    private final DiskMeter meter;
    private final Retirements retirements;
    private volatile @Nullable RunView view;
    private volatile @Nullable DiskGuard disk;

    public MigrationRunner(
            Database database,
            KafkaAccess.Provider kafka,
            RunnerSettings settings,
            MigrationMetrics metrics,
            FaultPoints faultPoints) {
        this(database, kafka, settings, metrics, faultPoints, DiskMeter.OF_THIS_HOST);
    }

    MigrationRunner(
            Database database,
            KafkaAccess.Provider kafka,
            RunnerSettings settings,
            MigrationMetrics metrics,
            FaultPoints faultPoints,
            DiskMeter meter) {
        this.database = database;
        this.kafka = kafka;
        this.settings = settings;
        this.metrics = metrics;
        this.faultPoints = faultPoints;
        this.meter = meter;
        this.retirements = new Retirements(
                new OldTableRetirement(database, InstantSource.system(), stops, this::activity),
                database.control(),
                settings);
    }

    private void activity(String words) {
        RunView last = view;
        if (last != null) {
            last.activity(words);
        }
    }

    /**
     * Continues the active migration of the table if its spec is the same, else creates one; runs it to its end. Blocks.
     *
     * @throws ShooflyException REFUSED when nothing was begun (bad input, server unfit, table under another migration,
     *     another living process runs it)
     */
    public MigrationOutcome start(MigrationSpec spec) {
        return start(spec, ThrottleSettings.DEFAULT);
    }

    /**
     * As above.
     *
     * @param throttle of a new migration; one that is continued keeps the settings in its control table
     */
    public MigrationOutcome start(MigrationSpec spec, ThrottleSettings throttle) {
        return retirements.await(startOne(spec, throttle));
    }

    /** As above, without waiting for the time when the old table is to be dropped. */
    MigrationOutcome startOne(MigrationSpec spec, ThrottleSettings throttle) {
        TableName source = database.preparation().resolve(spec.table());
        Optional<Migration> active =
                database.control().update() ? database.control().migrations().findActive(source) : Optional.empty();
        if (active.isPresent() && active.get().spec().asksForTheSameAs(spec)) {
            LOG.info("continuing migration {} of {}", active.get().id(), source);
            return run(active.get().id());
        }
        MigrationId id = MigrationId.random(new SecureRandom());
        Optional<NativePlan> plan = Optional.empty();
        if (active.isEmpty()) {
            // Before anything is written, and before a migration exists that would have to be cancelled.
            plan = plan(id, source, spec);
            if (plan.isEmpty()) {
                Preflight.check(database, throttle);
            }
        }
        database.control().install();
        if (plan.isPresent()) {
            database.control().migrations().createNative(id, source, spec, settings.owner(), plan.get());
        } else {
            database.control().migrations().create(id, source, spec, settings.owner(), kafka.describe(id), throttle);
        }
        List<GateName> forced = spec.cutover().conditions().forced();
        if (!forced.isEmpty()) {
            database.control().gates().logForced(id, Set.copyOf(forced), settings.owner());
        }
        faultPoints.reach("state." + MigrationState.CREATED);
        return run(id);
    }

    /**
     * As {@link #start}, in parts where a part of it can be had on a cheaper path: each part is a migration of its own, one
     * after the other. Continues where a part was interrupted, or where one is done and the next was never begun. Blocks.
     *
     * @throws ShooflyException REFUSED, too, when the parts would not make the same table as the whole
     */
    public MigrationOutcome startSplit(MigrationSpec spec, ThrottleSettings throttle) {
        return retirements.await(new SplitRun(database, this, stops).start(spec, throttle));
    }

    /**
     * Waits until the old table of a migration that is complete is to be dropped, and drops it. Blocks.
     *
     * @throws ShooflyException REFUSED when something depends on it
     */
    public MigrationOutcome retire(MigrationId id) {
        retirements.retire(id);
        return MigrationOutcome.COMPLETED;
    }

    /** @return empty: through a shadow, for which everything is fit */
    private Optional<NativePlan> plan(MigrationId id, TableName source, MigrationSpec spec) {
        Planner.Decision decision = new Planner(database).decide(id, source, spec);
        LOG.info("strategy {} for {}: {}", decision.strategy(), source, String.join("; ", decision.reasons()));
        decision.warnings().forEach(warning -> LOG.warn("{}: {}", source, warning));
        if (decision.plan().isEmpty()) {
            Preflight.check(database, source, decision.reasons());
        }
        return decision.plan();
    }

    /** Continues an interrupted, paused or failed migration, and goes on with what it is a part of. Blocks. */
    public MigrationOutcome resume(MigrationId id) {
        return retirements.await(new SplitRun(database, this, stops).goOn(run(id), id));
    }

    /** This one alone. */
    MigrationOutcome run(MigrationId id) {
        try (Ownership ownership = new Ownership(database, id, lock(id));
                MDC.MDCCloseable mdc = MDC.putCloseable("migration", id.value())) {
            Migration found = find(id);
            if (found.state().isFinal()) {
                throw new ShooflyException(
                        ErrorKind.REFUSED,
                        "migration " + id + " is " + found.state() + "; there is nothing to continue");
            }
            // From here on a former owner that still lives cannot write any more.
            long epoch = database.control().migrations().takeOver(id, settings.owner());
            new MigrationControl(database).changeDisk(id, settings.disk());
            Migration migration = find(id);
            Lifecycle lifecycle = new Lifecycle(database.control().migrations(), migration, epoch, faultPoints);
            RunView run = new RunView(migration, lifecycle);
            view = run;
            RunContext context = new RunContext(database, migration, lifecycle, settings, metrics, faultPoints, run);
            try (CommitGuard commits = new CommitGuard(context);
                    EventPublisher events = new EventPublisher(database.control(), id, settings.webhook())) {
                lifecycle.onChange(events::wake);
                MigrationOutcome outcome = own(context, ownership, events);
                if (outcome == MigrationOutcome.CANCELLED) {
                    events.cancelled(migration);
                } else if (outcome == MigrationOutcome.COMPLETED
                        && migration.spec().cutover().retainOld() != null) {
                    retirements.add(id);
                }
                return outcome;
            }
        }
    }

    private Migration find(MigrationId id) {
        return database.control()
                .migrations()
                .find(id)
                .orElseThrow(() -> new ShooflyException(ErrorKind.REFUSED, "there is no migration " + id));
    }

    private OwnerLock lock(MigrationId id) {
        return database.tryLock(id)
                .orElseThrow(() -> new ShooflyException(
                        ErrorKind.REFUSED,
                        "migration " + id + " is run by a living process (" + find(id).owner()
                                + "). Nothing was changed. Speak to it with pause, resume, cutover or cancel."));
    }

    private MigrationOutcome own(RunContext context, Ownership ownership, EventPublisher events) {
        Migration migration = context.migration();
        if (migration.nativePlan() != null) {
            events.start();
            return new NativeRun(context, stops).run(ownership);
        }
        MigrationState resumed = migration.resumeState() == null ? migration.state() : migration.resumeState();
        boolean mustExist = switch (resumed) {
            // Nothing in Kafka is needed: it is made anew, or only taken away.
            case CREATED, PLANNING, PREPARING -> false;
            // What is captured and not applied yet would be missing in the old table.
            case CUTOVER -> RollbackWindow.isExpected(migration);
            // After a rollback whose time is over: it only ends.
            case SYNCHRONIZING, VALIDATING, READY -> !ForwardTime.isPast(migration, InstantSource.system());
            default -> true;
        };
        boolean done = false;
        try (KafkaAccess access = kafka.open(migration.id(), migration.kafka(), mustExist)) {
            if (access.dataDirectory().isPresent()) {
                // Nobody else can reach a broker in this process, and its data goes with the migration.
                events.start();
            } else {
                events.startWith(access.bootstrapServers());
            }
            MigrationOutcome outcome = runWith(context, access, ownership);
            done = switch (outcome) {
                case COMPLETED, CANCELLED, ROLLED_BACK -> true;
                case READY_DETACHED, FAILED, VERIFICATION_FAILED, INTERRUPTED -> false;
            };
            return outcome;
        } finally {
            if (done || !exists(migration.id())) {
                kafka.discard(migration.id(), migration.kafka());
            }
        }
    }

    private boolean exists(MigrationId id) {
        try {
            return database.control().migrations().find(id).isPresent();
        } catch (ShooflyException e) {
            return true;
        }
    }

    private MigrationOutcome runWith(RunContext context, KafkaAccess access, Ownership ownership) {
        MigrationRun run = new MigrationRun(context, access, meter);
        disk = run.disk();
        Runnable look = () -> {
            if (!run.isAttempting()) {
                // In a pause the look for commands keeps and tests it.
                if (context.lifecycle().state() != MigrationState.PAUSED) {
                    ownership.check();
                }
                checkStops(context);
                run.supervise();
            }
        };
        try (CommandListener commands =
                new CommandListener(context, ownership, command -> perform(run, context, command), stops::fail)) {
            context.lifecycle().resume();
            commands.start();
            run.start();
            while (true) {
                try (Watched watched = new Watched(look)) {
                    return watched.call(run::phases);
                } catch (ForwardTime.Over e) {
                    // The phases begin anew with its end; not on the thread that was interrupted.
                    run.endForward();
                    LOG.warn("migration {}: {}", context.id(), e.getMessage());
                } catch (ShooflyException e) {
                    if (run.losesWayBack(e)) {
                        continue;
                    }
                    if (!isHeldFor(e, context)) {
                        throw e;
                    }
                    run.hold(e, () -> checkStops(context));
                }
            }
        } catch (StopRequests.Stopped e) {
            return stopped(run, context, e);
        } catch (ShooflyException e) {
            return failed(run, context, e);
        } finally {
            run.end();
        }
    }

    /** Whether somebody can cure this while the process waits: it is PAUSED then, not FAILED. */
    private static boolean isHeldFor(ShooflyException error, RunContext context) {
        boolean curable = error instanceof DuplicateRowsException
                ? context.migration().spec().onDuplicates() == OnDuplicates.HOLD
                : SqlErrors.isDiskFull(error);
        return curable && context.lifecycle().workState().mayBecome(MigrationState.PAUSED);
    }

    /** A cancel may have come while the tables were being swapped, and was accepted then. */
    private void checkStops(RunContext context) {
        if (context.lifecycle().state().isSwapped()) {
            stops.forgetCancel();
        }
        stops.check();
    }

    /** @return empty: not yet */
    private Optional<String> perform(MigrationRun run, RunContext context, Command command) {
        return switch (command.verb()) {
            case PAUSE -> Optional.of(run.pauses().pause(command, Pauses.Extent.ALL_BUT_CAPTURE));
            case PAUSE_WITH_CAPTURE -> Optional.of(run.pauses().pause(command, Pauses.Extent.ALL));
            case RESUME -> Optional.of(run.pauses().resume(command));
            case CUTOVER -> Optional.of(run.approve(command));
            case ROLLBACK -> run.rollBack(command);
            case COMPLETE -> run.closeWindow(command);
            case CANCEL -> {
                if (context.lifecycle().state().isSwapped()) {
                    yield Optional.of(Command.CANCELLED_TOO_LATE);
                }
                context.control()
                        .migrations()
                        .requireOwned(context.id(), context.lifecycle().epoch());
                stops.cancel();
                yield Optional.of(Command.CANCELLING);
            }
        };
    }

    private MigrationOutcome stopped(MigrationRun run, RunContext context, StopRequests.Stopped stopped) {
        if (stopped.outcome() != MigrationOutcome.CANCELLED) {
            return stopped.outcome();
        }
        // The phase thread may have begun and ended a swap between the last look at it and its interrupt.
        if (run.isSwapped()) {
            refuseCancels(context);
            LOG.warn("the cancel came too late: the tables are swapped; the same command finishes the migration");
            return MigrationOutcome.INTERRUPTED;
        }
        // Whoever has taken it over since hears the same word.
        context.control()
                .migrations()
                .requireOwned(context.id(), context.lifecycle().epoch());
        run.dropEverything();
        return stopped.outcome();
    }

    /** Or whoever goes on with it would carry them out, perhaps after a rollback. No command is heard any more here. */
    static void refuseCancels(RunContext context) {
        Retry.OUTLAST_RESTART.call("refusing the cancel of migration " + context.id(), () -> {
            context.control()
                    .commands()
                    .refuseCancels(context.id(), context.lifecycle().epoch());
            return true;
        });
    }

    /** A migration that failed before its first copy leaves nothing; a later one keeps its state, to be resumed. */
    private MigrationOutcome failed(MigrationRun run, RunContext context, ShooflyException failure) {
        ShooflyException error = run.explain(failure);
        run.close();
        if (error.kind() == ErrorKind.SUPERSEDED) {
            throw error;
        }
        boolean nothingBegun = switch (context.lifecycle().workState()) {
            case CREATED, PLANNING, PREPARING -> error.kind() == ErrorKind.REFUSED || error.kind() == ErrorKind.DATA;
            default -> false;
        };
        if (nothingBegun) {
            run.dropEverything();
            throw error;
        }
        String why = String.valueOf(error.getMessage());
        context.view().failed(why);
        LOG.error("migration {} stopped: {}", context.id(), why, error);
        recordFailure(context, why);
        return error instanceof VerificationFailed ? MigrationOutcome.VERIFICATION_FAILED : MigrationOutcome.FAILED;
    }

    private static void recordFailure(RunContext context, String why) {
        try {
            context.lifecycle().fail(why);
        } catch (ShooflyException e) {
            // The run ends either way; the same command finds the last recorded state.
            LOG.warn("the failure could not be recorded{}: {}", SqlErrors.isTransient(e) ? " yet" : "", e.getMessage());
        }
    }

    /** Empty before a migration was found or created. Any thread. */
    public Optional<MigrationSnapshot> snapshot() {
        RunView run = view;
        return run == null ? Optional.empty() : Optional.of(run.snapshot());
    }

    /** The tightest of the disks that this process can see; empty: none, or not looked at. Any thread. */
    public Optional<DiskView> disk() {
        DiskGuard guard = disk;
        return guard == null ? Optional.empty() : guard.latest();
    }

    /** Stops soon, with the state kept; {@link #start} returns INTERRUPTED. Any thread; returns at once. */
    public void interrupt() {
        stops.interrupt();
    }

    @Override
    public void close() {
        stops.interrupt();
    }
}
