package dev.shoofly.coordinator;

import dev.shoofly.database.Database;
import dev.shoofly.database.OwnerLock;
import dev.shoofly.database.TableSwap.Direction;
import dev.shoofly.database.control.Command;
import dev.shoofly.database.control.ForcedGates;
import dev.shoofly.database.control.Migration;
import dev.shoofly.database.control.Rollback;
import dev.shoofly.model.DiskSettings;
import dev.shoofly.model.ErrorKind;
import dev.shoofly.model.MigrationId;
import dev.shoofly.model.MigrationPlan;
import dev.shoofly.model.MigrationState;
import dev.shoofly.model.ShooflyException;
import dev.shoofly.model.TableName;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** The verbs that act on a migration from another terminal or host. Any thread. */
public final class MigrationControl {
    private static final Duration LOOK_EVERY = Duration.ofMillis(200);
    private final Database database;

    public MigrationControl(Database database) {
        this.database = database;
    }

    /** Newest first; empty on a server that never saw a migration. */
    public List<Migration> list() {
        return database.control().update() ? database.control().migrations().list() : List.of();
    }

    /**
     * @param idOrTable a migration id, or a table with a migration; of several the active or newest
     * @throws ShooflyException REFUSED when there is none
     */
    public Migration find(String idOrTable) {
        return list().stream()
                .filter(migration -> isNamed(migration.id(), migration.source(), idOrTable))
                .findFirst()
                .orElseThrow(() -> new ShooflyException(
                        ErrorKind.REFUSED,
                        "there is no migration '" + idOrTable + "' on "
                                + database.profile().host() + ":"
                                + database.profile().port() + "; 'list' shows those there are"));
    }

    static boolean isNamed(MigrationId id, TableName source, String idOrTable) {
        return id.value().equals(idOrTable)
                || source.table().equals(idOrTable)
                || source.toString().equals(idOrTable);
    }

    /** Whether the old table of a complete migration is still to be dropped, now or later. */
    public static boolean awaitsRetirement(Migration migration) {
        return OldTableRetirement.isPending(migration);
    }

    /** Whether a living process runs it now. */
    public boolean isRunning(MigrationId id) {
        Optional<OwnerLock> lock = database.tryLock(id);
        lock.ifPresent(OwnerLock::close);
        return lock.isEmpty();
    }

    /**
     * Asks the running process and waits for its answer.
     *
     * @return the answer, for people
     * @throws ShooflyException REFUSED when it says no; TRANSIENT when no answer came in time
     */
    public String request(MigrationId id, Command.Verb verb, Duration timeout) {
        return request(id, verb, null, timeout);
    }

    /**
     * As above.
     *
     * @param forced gates that are not looked at for a cut-over; null: none
     * @throws ShooflyException REFUSED, too, when the word is taken without them, by a process of an earlier version
     */
    public String request(MigrationId id, Command.Verb verb, @Nullable ForcedGates forced, Duration timeout) {
        long number = database.control().commands().request(id, verb, forced);
        long giveUpAt = System.nanoTime() + timeout.toNanos();
        while (System.nanoTime() < giveUpAt) {
            Optional<String> answer = answerIfToBeHad(id, verb, number);
            if (answer.isPresent()) {
                return withForced(id, accepted(id, answer.get()), forced);
            }
            pause();
        }
        throw unanswered(id, verb, number, timeout);
    }

    private ShooflyException unanswered(MigrationId id, Command.Verb verb, long number, Duration timeout) {
        String within = " within " + timeout.toSeconds() + " s";
        String words = "the process that runs migration " + id + " did not answer '"
                + verb.name().toLowerCase(java.util.Locale.ROOT) + "'" + within + "; the command stays queued for it";
        if (isBegun(number)) {
            // Not queued: whoever takes the migration over does not hear it.
            words = verb == Command.Verb.RESUME
                    ? "migration " + id + " is resumed, but its process did not say" + within
                            + " that everything is at work again. 'status " + id + "' shows how it goes on"
                    : "migration " + id + " is PAUSED, but its process did not say" + within
                            + " that everything stands still. If it has ended, whoever takes the migration over goes on"
                            + " with it: run 'pause " + id + "' again then";
        }
        return new ShooflyException(ErrorKind.TRANSIENT, words);
    }

    /** False, too, when the server is away for the moment. */
    private boolean isBegun(long number) {
        try {
            return database.control()
                    .commands()
                    .find(number)
                    .filter(Command::isBegun)
                    .isPresent();
        } catch (ShooflyException e) {
            if (e.kind() != ErrorKind.TRANSIENT) {
                throw e;
            }
            return false;
        }
    }

    /** The command is queued and will be performed: a server that is away for the moment is no reason to give it up. */
    private Optional<String> answerIfToBeHad(MigrationId id, Command.Verb verb, long number) {
        try {
            return answer(id, verb, number);
        } catch (ShooflyException e) {
            if (e.kind() != ErrorKind.TRANSIENT) {
                throw e;
            }
            return Optional.empty();
        }
    }

    /** A cancel is done when the migration is gone, its commands included. */
    private Optional<String> answer(MigrationId id, Command.Verb verb, long number) {
        Optional<Command> command = database.control().commands().find(number);
        if (verb == Command.Verb.CANCEL) {
            if (command.isEmpty() && database.control().migrations().find(id).isEmpty()) {
                return Optional.of("cancelled; every trace is removed");
            }
            return command.map(Command::outcome).filter(outcome -> outcome.startsWith("refused"));
        }
        return command.filter(found -> !found.isBegun()).map(Command::outcome);
    }

    private String withForced(MigrationId id, String answer, @Nullable ForcedGates forced) {
        if (forced == null || answer.endsWith(forced.heard())) {
            return answer;
        }
        String owner =
                database.control().migrations().find(id).map(Migration::owner).orElse("which has ended since");
        throw new ShooflyException(
                ErrorKind.REFUSED,
                "migration " + id + ": " + answer + ", but without --force: the process that runs it (" + owner
                        + ") is of an earlier version, which does not know of it, and looks at every gate, "
                        + forced.names() + " too. It swaps the tables as soon as all are open. To skip them, end that"
                        + " process (the migration keeps its state) and run 'shoofly cutover " + id + " --force "
                        + forced.names() + "' again with this version.");
    }

    private static String accepted(MigrationId id, String answer) {
        if (answer.startsWith("refused") || answer.startsWith("nothing")) {
            throw new ShooflyException(ErrorKind.REFUSED, "migration " + id + ": " + answer);
        }
        return answer;
    }

    private static void pause() {
        try {
            TimeUnit.MILLISECONDS.sleep(LOOK_EVERY.toMillis());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new ShooflyException(ErrorKind.SUPERSEDED, "interrupted while waiting for the answer", e);
        }
    }

    /** Changes how the disks are looked after; a process that runs the migration goes by it at its next look. */
    public void changeDisk(MigrationId id, DiskSettings.Change change) {
        if (!change.isNone()) {
            database.control()
                    .disk()
                    .save(id, change.of(database.control().disk().find(id)));
        }
    }

    /**
     * Approves the cut-over of a migration that no process runs; a following resume performs it.
     *
     * @param forced gates that are not looked at for it; null: none
     * @return false: the tables are swapped already, and the resume goes on with what follows that
     * @throws ShooflyException REFUSED when nobody would hear the word; nothing was changed
     */
    public boolean approveCutover(MigrationId id, @Nullable ForcedGates forced) {
        Migration migration = find(id.value());
        boolean given = database.control().migrations().approveCutover(id, migration.epoch(), forced);
        if (!given && (migration.rollback().calledOff() || migration.rollback().swappedBack())) {
            throw new ShooflyException(
                    ErrorKind.REFUSED,
                    "the word for the cut-over of migration " + id + " was not taken: "
                            + (migration.rollback().calledOff()
                                    ? "the time to go forward again is over, and 'resume " + id
                                            + "' ends it rolled back"
                                    : "a rollback is not finished. 'resume " + id
                                            + "' goes on with that; after a rollback with --keep give the word then")
                            + ". Nothing was changed.");
        }
        return given;
    }

    /**
     * Says what becomes of the migration when its old table is brought back. Before the word for that.
     *
     * @param keptFor how long it can go forward again; empty: it ends
     */
    public void keepAfterRollback(MigrationId id, Optional<Duration> keptFor) {
        database.control().rollback().keep(id, keptFor.orElse(Duration.ZERO));
    }

    /** Asks for the old table back, of a migration that no process runs; a following resume performs it. */
    public void requestRollback(MigrationId id) {
        database.control().rollback().request(id, find(id.value()).epoch());
    }

    /**
     * Closes the rollback window of a migration that no process runs; a following resume ends it.
     *
     * @throws ShooflyException REFUSED when the old table has its name again already; nothing was changed
     */
    public void closeWindow(MigrationId id) {
        Migration migration = find(id.value());
        Rollback rollback = migration.rollback();
        MigrationPlan back = rollback.plan();
        // Without its plan nobody would ask the names again, and the old table would be taken for the new one.
        if (rollback.swappedBack()
                || back != null && database.swap(back, Direction.BACK).isSwapped()) {
            throw new ShooflyException(
                    ErrorKind.REFUSED,
                    "the rollback window of migration " + id + " cannot be closed: " + migration.source()
                            + " is the old table again, for a rollback ended right after its swap. 'resume " + id
                            + "' finishes it. Nothing was changed.");
        }
        database.control().rollback().close(id, migration.epoch());
    }

    /** Whether it was rolled back and can go forward again. */
    public static boolean isForwardAgain(Migration migration) {
        MigrationState phase = migration.resumeState() == null ? migration.state() : migration.resumeState();
        return migration.rollback().forwardUntil() != null
                && !migration.rollback().calledOff()
                && !phase.isSwapped()
                && !phase.isFinal();
    }

    /**
     * Waits for the end of a rollback that another process performs.
     *
     * @throws ShooflyException TRANSIENT when it takes longer
     */
    public Migration awaitEnd(MigrationId id, Duration timeout) {
        return awaitEnd(id, timeout, words -> {});
    }

    /**
     * As above.
     *
     * @param told what holds it back and what can be done about that, whenever it is something else
     */
    public Migration awaitEnd(MigrationId id, Duration timeout, Consumer<String> told) {
        RollbackObstacles obstacles = new RollbackObstacles(database.control(), told);
        long giveUpAt = System.nanoTime() + timeout.toNanos();
        while (System.nanoTime() < giveUpAt) {
            Migration found = find(id.value());
            if (found.state().isFinal() || found.state() == MigrationState.FAILED || isForwardAgain(found)) {
                return found;
            }
            if (found.state() == MigrationState.CUTOVER
                    && found.reason() != null
                    && !found.rollback().requested()) {
                // The attempts are used up; it goes on keeping the old table up to date.
                return found;
            }
            obstacles.look(found);
            pause();
        }
        throw new ShooflyException(
                ErrorKind.TRANSIENT,
                "migration " + id + " has not ended within " + timeout.toSeconds()
                        + " s; the process that runs it goes on" + obstacles.latest() + ". See 'status " + id + "'");
    }

    /**
     * Cancels a migration that no process runs: drops every trace of it. Repeatable after an interruption.
     *
     * @throws ShooflyException REFUSED when the tables are swapped already, or a process runs it
     */
    public void cancel(MigrationId id, KafkaAccess.Provider kafka) {
        try (OwnerLock lock = lock(id)) {
            refuseIfSwapped(find(id.value()));
            // Whoever still lives from before cannot swap any more; only then the names are certain.
            database.control().migrations().takeOver(id, "nobody (cancelling)");
            Migration migration = find(id.value());
            refuseIfSwapped(migration);
            if (migration.nativePlan() != null) {
                takeBack(migration);
                return;
            }
            Cleanup cleanup = new Cleanup(database, id, migration.source());
            dropTopics(migration, kafka, cleanup);
            cleanup.database();
            cleanup.forget();
            kafka.discard(id, migration.kafka());
        }
    }

    private void refuseIfSwapped(Migration migration) {
        if (migration.state().isSwapped()
                || migration.plan() != null && database.swap(migration.plan()).isSwapped()) {
            throw new ShooflyException(
                    ErrorKind.REFUSED,
                    "migration " + migration.id() + " cannot be cancelled: the tables are swapped, "
                            + migration.source() + " is the new table. Nothing was changed.");
        }
    }

    private void takeBack(Migration migration) {
        if (NativeRun.isDone(database.nativeAlter(), migration)) {
            throw new ShooflyException(
                    ErrorKind.REFUSED,
                    "migration " + migration.id() + " cannot be cancelled: " + migration.source()
                            + " is altered already. 'resume " + migration.id() + "' finishes it.");
        }
        NativeRun.takeBack(database.nativeAlter(), migration);
        database.control().migrations().forget(migration.id());
    }

    private static void dropTopics(Migration migration, KafkaAccess.Provider kafka, Cleanup cleanup) {
        if (migration.kafka().startsWith("embedded:")) {
            // The whole data directory goes in a moment.
            return;
        }
        try (KafkaAccess access = kafka.open(migration.id(), migration.kafka(), false);
                Topics topics = new Topics(access.bootstrapServers(), migration.id())) {
            cleanup.pipeline(topics);
        }
    }

    private OwnerLock lock(MigrationId id) {
        return database.tryLock(id)
                .orElseThrow(() -> new ShooflyException(
                        ErrorKind.REFUSED,
                        "migration " + id + " is run by a living process: "
                                + find(id.value()).owner()));
    }
}
