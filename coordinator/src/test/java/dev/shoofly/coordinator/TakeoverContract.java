package dev.shoofly.coordinator;

import static dev.shoofly.coordinator.MigrationFixture.awaitState;
import static dev.shoofly.coordinator.MigrationFixture.spec;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.shoofly.database.Database;
import dev.shoofly.database.control.Command;
import dev.shoofly.database.control.Command.Verb;
import dev.shoofly.database.control.CommandRows;
import dev.shoofly.database.control.ForcedGates;
import dev.shoofly.database.control.GateRows;
import dev.shoofly.model.CutoverMode;
import dev.shoofly.model.ErrorKind;
import dev.shoofly.model.FaultPoints;
import dev.shoofly.model.GateName;
import dev.shoofly.model.MigrationId;
import dev.shoofly.model.MigrationSpec;
import dev.shoofly.model.MigrationState;
import dev.shoofly.model.ShooflyException;
import dev.shoofly.servers.DatabaseServer;
import dev.shoofly.servers.fixture.TestServers;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A word that is given in the moment in which another process takes the migration over is neither lost nor carried out twice:
 * the former owner has heard it, or has even done what it asks for, and lives on with an epoch that is not in force any more.
 */
@Timeout(180)
abstract class TakeoverContract {
    private static final Duration LIMIT = Duration.ofSeconds(60);

    @TempDir
    Path directory;

    private MigrationFixture fixture;
    private Database database;

    abstract DatabaseServer server();

    abstract OrdersTable table();

    /** Ends the session that has the owner's lock. */
    abstract void endOwnersSession(MigrationFixture orders, MigrationId id) throws SQLException;

    @BeforeEach
    void open() throws SQLException {
        fixture = new MigrationFixture(server(), () -> TestServers.kafka().bootstrapServers(), directory, table());
        database = fixture.open(FaultPoints.NONE);
    }

    @AfterEach
    void close() {
        database.close();
    }

    /** Holds up whoever hears a word until another process has the migration. */
    private static final class Moment implements FaultPoints {
        /** What was asked for is done by another thread, which would not wait. */
        private static final Set<String> ASKED = Set.of("cutover.asked", "rollback.asked");

        private final String at;
        private final CountDownLatch reached = new CountDownLatch(1);
        private final CountDownLatch takenOver = new CountDownLatch(1);
        private volatile boolean armed;

        Moment(String at) {
            this.at = at;
        }

        @Override
        public void reach(String point) {
            if (armed && point.equals(at)) {
                reached.countDown();
            }
            if (armed && (point.equals(at) || ASKED.contains(point))) {
                await(takenOver);
            }
        }

        static void await(CountDownLatch latch) {
            try {
                assertThat(latch.await(LIMIT.toSeconds(), TimeUnit.SECONDS)).isTrue();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private MigrationSpec manual() {
        MigrationSpec spec = spec(CutoverMode.MANUAL, table().alters());
        return spec.cuttingOver(spec.cutover().withRollbackWindow(Duration.ofHours(1)));
    }

    private record Begun(MigrationId id, CompletableFuture<MigrationOutcome> outcome) {}

    /** A migration that waits for the word. */
    private Begun begin(MigrationRunner runner) {
        CompletableFuture<MigrationOutcome> outcome = CompletableFuture.supplyAsync(() -> runner.start(manual()));
        awaitState(runner, MigrationState.READY);
        return new Begun(runner.snapshot().orElseThrow().id(), outcome);
    }

    /** One that nobody runs any more. */
    private MigrationId interruptedWhenReady() throws Exception {
        try (MigrationRunner runner = fixture.runner(database, FaultPoints.NONE)) {
            Begun begun = begin(runner);
            runner.interrupt();
            assertThat(begun.outcome().get()).isEqualTo(MigrationOutcome.INTERRUPTED);
            return begun.id();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {CommandListener.HEARD, CommandListener.PERFORMED})
    void theWordForTheCutOver(String at) throws Exception {
        Moment moment = new Moment(at);
        ForcedGates forced = new ForcedGates(Set.of(GateName.HOLDERS), "somebody");
        try (MigrationRunner former = fixture.runner(database, moment);
                Database own = fixture.open(FaultPoints.NONE);
                MigrationRunner next = fixture.runner(own, FaultPoints.NONE)) {
            Begun first = begin(former);
            MigrationId id = first.id();
            CompletableFuture<String> answer = ask(id, Verb.CUTOVER, forced, moment);
            CompletableFuture<MigrationOutcome> second = takeOver(id, next, moment);
            assertSuperseded(first.outcome());
            assertThat(answer.get()).isEqualTo("cut-over approved; not looked at for it: holders");
            awaitWindow(next);
            assertThat(database.control().gates().find(id))
                    .extracting(GateRows.Gates::forced)
                    .isEqualTo(forced.gates());
            assertThat(events(id, "CUTOVER")).isEqualTo("1");
            new MigrationControl(database).request(id, Verb.COMPLETE, LIMIT);
            assertThat(second.get()).as("%s", next.snapshot()).isEqualTo(MigrationOutcome.COMPLETED);
            assertThat(events(id, "CUTOVER")).isEqualTo("1");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {CommandListener.HEARD, CommandListener.PERFORMED})
    void theWordForTheRollback(String at) throws Exception {
        Moment moment = new Moment(at);
        try (MigrationRunner former = fixture.runner(database, moment);
                Database own = fixture.open(FaultPoints.NONE);
                MigrationRunner next = fixture.runner(own, FaultPoints.NONE)) {
            Begun first = begin(former);
            MigrationId id = first.id();
            new MigrationControl(database).request(id, Verb.CUTOVER, LIMIT);
            awaitWindow(former);
            CompletableFuture<String> answer = ask(id, Verb.ROLLBACK, null, moment);
            CompletableFuture<MigrationOutcome> second = takeOver(id, next, moment);
            assertSuperseded(first.outcome());
            assertThat(answer.get()).isEqualTo("rolling back");
            assertThat(second.get()).as("%s", next.snapshot()).isEqualTo(MigrationOutcome.ROLLED_BACK);
            assertThat(events(id, "SWAPPED BACK")).isEqualTo("1");
            assertThat(events(id, "CUTOVER")).isEqualTo("1");
        }
    }

    /** Somebody has resumed it since by taking it over: paused again, it would stand still until somebody notices. */
    @ParameterizedTest
    @ValueSource(strings = {"pause.recorded", CommandListener.PERFORMED})
    void aPauseThatWasCarriedOutAndNotAnswered(String at) throws Exception {
        Moment moment = new Moment(at);
        try (MigrationRunner former = fixture.runner(database, moment);
                Database own = fixture.open(FaultPoints.NONE);
                MigrationRunner next = fixture.runner(own, FaultPoints.NONE)) {
            Begun first = begin(former);
            MigrationId id = first.id();
            CompletableFuture<String> answer = ask(id, Verb.PAUSE, null, moment);
            assertThat(answer).as("not everybody stands still yet").isNotDone();
            CompletableFuture<MigrationOutcome> second = takeOver(id, next, moment);
            assertSuperseded(first.outcome());
            assertThat(answer.get()).startsWith("paused, but its process ended");
            goesThroughToItsEnd(id, next, second);
            assertThat(events(id, "PAUSED")).isEqualTo("1");
        }
    }

    @Test
    void aPauseThatWasHeardAndNotCarriedOutIsNotLost() throws Exception {
        Moment moment = new Moment(CommandListener.HEARD);
        try (MigrationRunner former = fixture.runner(database, moment);
                Database own = fixture.open(FaultPoints.NONE);
                MigrationRunner next = fixture.runner(own, FaultPoints.NONE)) {
            Begun first = begin(former);
            MigrationId id = first.id();
            CompletableFuture<String> answer = ask(id, Verb.PAUSE, null, moment);
            CompletableFuture<MigrationOutcome> second = takeOver(id, next, moment);
            assertSuperseded(first.outcome());
            assertThat(answer.get()).startsWith("paused");
            assertThat(next.snapshot().orElseThrow().state()).isEqualTo(MigrationState.PAUSED);
            assertThat(new MigrationControl(database).request(id, Verb.RESUME, LIMIT))
                    .isEqualTo(Command.RESUMED);
            goesThroughToItsEnd(id, next, second);
            assertThat(events(id, "PAUSED")).isEqualTo("1");
        }
    }

    /** A successor goes on without carrying it out: who was told that it stays queued would rely on that. */
    @Test
    void whoGetsNoAnswerToAPauseOrResumeThatIsRecordedIsToldThatItIsNotQueued() throws Exception {
        Semaphore goOn = new Semaphore(0);
        FaultPoints slow = point -> {
            if (point.equals("pause.recorded") || point.equals("resume.recorded")) {
                goOn.acquireUninterruptibly();
            }
        };
        MigrationControl control = new MigrationControl(database);
        Duration soon = Duration.ofSeconds(4);
        try (MigrationRunner runner = fixture.runner(database, slow)) {
            Begun begun = begin(runner);
            MigrationId id = begun.id();
            assertThatThrownBy(() -> control.request(id, Verb.PAUSE, soon))
                    .hasMessageContaining("migration " + id + " is PAUSED, but")
                    .hasMessageContaining("takes the migration over goes on with it: run 'pause " + id + "' again");
            goOn.release();
            assertThatThrownBy(() -> control.request(id, Verb.RESUME, soon))
                    .hasMessageContaining("migration " + id + " is resumed, but");
            goOn.release(10);
            goesThroughToItsEnd(id, runner, begun.outcome());
        }
    }

    /** Refused as one that has nothing to do, or, worse, the end of a pause that came after it. */
    @ParameterizedTest
    @ValueSource(strings = {"resume.recorded", CommandListener.PERFORMED})
    void aResumeThatWasCarriedOutAndNotAnswered(String at) throws Exception {
        Moment moment = new Moment(at);
        try (MigrationRunner former = fixture.runner(database, moment);
                Database own = fixture.open(FaultPoints.NONE);
                MigrationRunner next = fixture.runner(own, FaultPoints.NONE)) {
            Begun first = begin(former);
            MigrationId id = first.id();
            assertThat(new MigrationControl(database).request(id, Verb.PAUSE, LIMIT))
                    .startsWith("paused");
            CompletableFuture<String> answer = ask(id, Verb.RESUME, null, moment);
            CompletableFuture<MigrationOutcome> second = takeOver(id, next, moment);
            assertSuperseded(first.outcome());
            assertThat(answer.get()).isEqualTo(Command.RESUMED);
            goesThroughToItsEnd(id, next, second);
            assertThat(events(id, "PAUSED")).isEqualTo("1");
        }
    }

    @Test
    void theWordThatClosesTheWindow() throws Exception {
        Moment moment = new Moment(CommandListener.TAKEN);
        try (MigrationRunner former = fixture.runner(database, moment);
                Database own = fixture.open(FaultPoints.NONE);
                MigrationRunner next = fixture.runner(own, FaultPoints.NONE)) {
            Begun first = begin(former);
            MigrationId id = first.id();
            new MigrationControl(database).request(id, Verb.CUTOVER, LIMIT);
            awaitWindow(former);
            CompletableFuture<String> answer = ask(id, Verb.COMPLETE, null, moment);
            CompletableFuture<MigrationOutcome> second = takeOver(id, next, moment);
            assertSuperseded(first.outcome());
            assertThat(answer.get()).isEqualTo("closing the rollback window");
            assertThat(second.get()).as("%s", next.snapshot()).isEqualTo(MigrationOutcome.COMPLETED);
        }
    }

    private void goesThroughToItsEnd(
            MigrationId id, MigrationRunner runner, CompletableFuture<MigrationOutcome> outcome) throws Exception {
        MigrationControl control = new MigrationControl(database);
        control.request(id, Verb.CUTOVER, LIMIT);
        awaitWindow(runner);
        control.request(id, Verb.COMPLETE, LIMIT);
        assertThat(outcome.get(LIMIT.toSeconds(), TimeUnit.SECONDS))
                .as("%s", runner.snapshot())
                .isEqualTo(MigrationOutcome.COMPLETED);
    }

    /** The former owner must not drop what is another one's by now. */
    @Test
    void theWordThatEndsIt() throws Exception {
        Moment moment = new Moment(CommandListener.HEARD);
        try (MigrationRunner former = fixture.runner(database, moment);
                Database own = fixture.open(FaultPoints.NONE);
                MigrationRunner next = fixture.runner(own, FaultPoints.NONE)) {
            Begun first = begin(former);
            MigrationId id = first.id();
            CompletableFuture<String> answer = ask(id, Verb.CANCEL, null, moment);
            CompletableFuture<MigrationOutcome> second = takeOver(id, next, moment);
            assertSuperseded(first.outcome());
            assertThat(answer.get()).contains("every trace is removed");
            assertThat(second.get()).as("%s", next.snapshot()).isEqualTo(MigrationOutcome.CANCELLED);
            assertThat(fixture.tables()).contains("orders").noneMatch(table -> table.contains(id.value()));
        }
    }

    /** It reads the word alone: nobody would know that it looks at the gates all the same. */
    @Test
    void aWordThatAProcessOfAnEarlierVersionTakesWithoutItsForcedGatesIsToldToWhoGaveIt() throws Exception {
        MigrationId id = interruptedWhenReady();
        ForcedGates forced = new ForcedGates(Set.of(GateName.WINDOW, GateName.HOLDERS), "somebody");
        CompletableFuture<String> answer = CompletableFuture.supplyAsync(
                () -> new MigrationControl(database).request(id, Verb.CUTOVER, forced, LIMIT));
        long giveUpAt = System.nanoTime() + LIMIT.toNanos();
        while (database.control().commands().open(id).isEmpty()) {
            assertThat(System.nanoTime()).isLessThan(giveUpAt);
            LockSupport.parkNanos(5_000_000);
        }
        // What such a process does with it.
        long number = database.control().commands().open(id).get(0).number();
        long epoch = database.control().migrations().find(id).orElseThrow().epoch();
        database.control()
                .migrations()
                .approveCutover(new Command(number, id, Verb.CUTOVER, null, null), epoch, "cut-over approved");
        assertThatThrownBy(answer::get)
                .cause()
                .hasMessageContainingAll(
                        "cut-over approved, but without --force",
                        "(test:1) is of an earlier version",
                        "'shoofly cutover " + id + " --force holders,window'");
        assertThat(database.control().gates().find(id).forced()).isEmpty();
        assertThat(new MigrationControl(database).approveCutover(id, forced)).isTrue();
        assertThat(database.control().gates().find(id).forced()).isEqualTo(forced.gates());
    }

    /** The process that had said yes has ended before it was done. */
    @Test
    void aCancelThatWasAnsweredAndNotCarriedOutIsCarriedOutByTheNextOwner() throws Exception {
        MigrationId id = interruptedWhenReady();
        long number = database.control().commands().request(id, Verb.CANCEL);
        long epoch = database.control().migrations().find(id).orElseThrow().epoch();
        Command cancel = database.control().commands().find(number).orElseThrow();
        database.control().commands().answer(cancel, epoch - 1, "refused: by one that is not the owner any more");
        assertThat(database.control().commands().find(number).orElseThrow().outcome())
                .isNull();
        database.control().commands().answer(cancel, epoch, Command.CANCELLING);
        try (MigrationRunner next = fixture.runner(database, FaultPoints.NONE)) {
            assertThat(next.resume(id)).as("%s", next.snapshot()).isEqualTo(MigrationOutcome.CANCELLED);
        }
        assertThat(fixture.tables()).contains("orders").noneMatch(table -> table.contains(id.value()));
    }

    /** Loses the connection over each word, right after it is committed. */
    private static void loseTheAnswer(String point) {
        if (point.equals(CommandListener.TAKEN)) {
            throw new ShooflyException(ErrorKind.TRANSIENT, "the connection is lost");
        }
    }

    /** Nobody takes it over: the process that has lost the answer must find by itself what is committed. */
    @Test
    void aWordWhoseCommitIsNotKnownToTheProcessIsCarriedOutAllTheSame() throws Exception {
        MigrationControl control = new MigrationControl(database);
        try (MigrationRunner runner = fixture.runner(database, TakeoverContract::loseTheAnswer)) {
            Begun begun = begin(runner);
            MigrationId id = begun.id();
            assertThat(control.request(id, Verb.CUTOVER, LIMIT)).isEqualTo("cut-over approved");
            awaitWindow(runner);
            assertThat(control.request(id, Verb.ROLLBACK, LIMIT)).isEqualTo("rolling back");
            assertThat(begun.outcome().get(LIMIT.toSeconds(), TimeUnit.SECONDS))
                    .as("%s", runner.snapshot())
                    .isEqualTo(MigrationOutcome.ROLLED_BACK);
            assertThat(events(id, "CUTOVER")).isEqualTo("1");
            assertThat(events(id, "SWAPPED BACK")).isEqualTo("1");
        }
    }

    /** The server stays away for longer than it is tried, after it has committed the word: the row says one thing, the process another. */
    @Test
    void aPauseAndAResumeWhoseCommitsAreNotKnownToTheProcessAreCarriedOutAllTheSame() throws Exception {
        MigrationControl control = new MigrationControl(database);
        AtomicLong lost = new AtomicLong();
        FaultPoints losing = point -> {
            if (point.equals(CommandListener.BEGUN) && lost.incrementAndGet() % 2 == 1) {
                throw new ShooflyException(ErrorKind.TRANSIENT, "the server is away");
            }
        };
        try (MigrationRunner runner = fixture.runner(database, losing)) {
            Begun begun = begin(runner);
            MigrationId id = begun.id();
            assertThat(control.request(id, Verb.PAUSE, LIMIT)).startsWith("paused");
            assertThat(runner.snapshot().orElseThrow().state()).isEqualTo(MigrationState.PAUSED);
            assertThat(control.request(id, Verb.RESUME, LIMIT)).isEqualTo(Command.RESUMED);
            assertThat(runner.snapshot().orElseThrow().state()).isEqualTo(MigrationState.READY);
            goesThroughToItsEnd(id, runner, begun.outcome());
            assertThat(lost).as("each was lost once").hasValue(4);
            assertThat(events(id, "PAUSED")).isEqualTo("1");
        }
    }

    @Test
    void aWindowIsClosedAlthoughTheProcessDoesNotKnowOfTheCommit() throws Exception {
        MigrationControl control = new MigrationControl(database);
        try (MigrationRunner runner = fixture.runner(database, TakeoverContract::loseTheAnswer)) {
            Begun begun = begin(runner);
            MigrationId id = begun.id();
            control.request(id, Verb.CUTOVER, LIMIT);
            awaitWindow(runner);
            assertThat(control.request(id, Verb.COMPLETE, LIMIT)).isEqualTo("closing the rollback window");
            assertThat(begun.outcome().get(LIMIT.toSeconds(), TimeUnit.SECONDS))
                    .as("%s", runner.snapshot())
                    .isEqualTo(MigrationOutcome.COMPLETED);
        }
    }

    /** Whoever gave the word was told that the old table does not come back. */
    @Test
    void aRollbackThatIsUnderWayIsCalledOffAlthoughTheProcessDoesNotKnowOfTheCommit() throws Exception {
        MigrationControl control = new MigrationControl(database);
        CountDownLatch asked = new CountDownLatch(1);
        CountDownLatch closed = new CountDownLatch(1);
        FaultPoints losing = point -> {
            if (point.equals("rollback.asked")) {
                asked.countDown();
                Moment.await(closed);
            } else if (asked.getCount() == 0) {
                loseTheAnswer(point);
            }
        };
        try (MigrationRunner runner = fixture.runner(database, losing)) {
            Begun begun = begin(runner);
            MigrationId id = begun.id();
            control.request(id, Verb.CUTOVER, LIMIT);
            awaitWindow(runner);
            control.request(id, Verb.ROLLBACK, LIMIT);
            Moment.await(asked);
            assertThat(control.request(id, Verb.COMPLETE, LIMIT)).isEqualTo("closing the rollback window");
            closed.countDown();
            assertThat(begun.outcome().get(LIMIT.toSeconds(), TimeUnit.SECONDS))
                    .as("%s", runner.snapshot())
                    .isEqualTo(MigrationOutcome.COMPLETED);
            assertThat(events(id, "SWAPPED BACK")).isEqualTo("0");
        }
    }

    /** Days later, with the old table back and the new one kept, it would drop what it never was to drop. */
    @Test
    void aCancelThatCameTooLateForTheSwapIsNotCarriedOutByTheNextOwnerAfterARollback() throws Exception {
        AtomicLong cancel = new AtomicLong();
        FaultPoints cancelling = point -> {
            // Later on MySQL the swap holds the migration's row, and whoever answers waits for its end.
            if (point.equals("swap.progress-locked") && cancel.get() == 0) {
                cancel.set(cancelAndAwaitTheAnswer());
            }
        };
        MigrationControl control = new MigrationControl(database);
        MigrationId id;
        try (Database own = fixture.open(cancelling);
                MigrationRunner former = fixture.runner(own, FaultPoints.NONE)) {
            Begun first = begin(former);
            id = first.id();
            control.request(id, Verb.CUTOVER, LIMIT);
            awaitWindow(former);
            control.keepAfterRollback(id, Optional.of(Duration.ofHours(1)));
            assertThat(control.request(id, Verb.ROLLBACK, LIMIT)).isEqualTo("rolling back");
            awaitState(former, MigrationState.READY);
            assertThat(database.control().commands().find(cancel.get()).orElseThrow())
                    .extracting(Command::outcome)
                    .isEqualTo(Command.CANCELLED_TOO_LATE);
            former.interrupt();
            assertThat(first.outcome().get()).isEqualTo(MigrationOutcome.INTERRUPTED);
        }
        try (MigrationRunner next = fixture.runner(database, FaultPoints.NONE)) {
            CompletableFuture<MigrationOutcome> second = CompletableFuture.supplyAsync(() -> next.resume(id));
            RollbackContract.awaitActivity(next, "ready; waiting for 'cutover " + id + "'");
            assertThat(control.request(id, Verb.CUTOVER, LIMIT)).isEqualTo("cut-over approved");
            awaitWindow(next);
            assertThat(control.request(id, Verb.COMPLETE, LIMIT)).isEqualTo("closing the rollback window");
            assertThat(second.get()).as("%s", next.snapshot()).isEqualTo(MigrationOutcome.COMPLETED);
        }
    }

    /** @return the command's number */
    private long cancelAndAwaitTheAnswer() {
        MigrationId id = database.control().migrations().list().get(0).id();
        long command = database.control().commands().request(id, Verb.CANCEL);
        while (database.control().commands().find(command).orElseThrow().outcome() == null) {
            LockSupport.parkNanos(5_000_000);
        }
        return command;
    }

    /** The tables were swapped in the moment in which the run was ended for the cancel. */
    @Test
    void cancelsThatCameTooLateAreRefusedByTheOwnerAlone() throws Exception {
        MigrationId id = interruptedWhenReady();
        CommandRows commands = database.control().commands();
        long epoch = database.control().migrations().find(id).orElseThrow().epoch();
        long taken = commands.request(id, Verb.CANCEL);
        commands.answer(commands.find(taken).orElseThrow(), epoch, Command.CANCELLING);
        long open = commands.request(id, Verb.CANCEL);
        long word = commands.request(id, Verb.RESUME);
        commands.refuseCancels(id, epoch - 1);
        assertThat(commands.open(id)).extracting(Command::number).containsExactly(taken, open, word);
        commands.refuseCancels(id, epoch);
        assertThat(commands.open(id)).extracting(Command::number).containsExactly(word);
        assertThat(commands.find(taken).orElseThrow().outcome()).isEqualTo(Command.CANCELLED_TOO_LATE);
    }

    private CompletableFuture<String> ask(
            MigrationId id, Verb verb, @org.jspecify.annotations.Nullable ForcedGates forced, Moment moment) {
        moment.armed = true;
        CompletableFuture<String> answer =
                CompletableFuture.supplyAsync(() -> new MigrationControl(database).request(id, verb, forced, LIMIT));
        Moment.await(moment.reached);
        return answer;
    }

    /** The former owner tries to take its lock again, so it may be quicker. */
    private CompletableFuture<MigrationOutcome> takeOver(MigrationId id, MigrationRunner next, Moment moment)
            throws Exception {
        long epoch = database.control().migrations().find(id).orElseThrow().epoch();
        CompletableFuture<MigrationOutcome> outcome = null;
        long giveUpAt = System.nanoTime() + LIMIT.toNanos();
        while (database.control().migrations().find(id).orElseThrow().epoch() == epoch) {
            assertThat(System.nanoTime()).isLessThan(giveUpAt);
            if (outcome == null || outcome.isCompletedExceptionally()) {
                endOwnersSession(fixture, id);
                outcome = CompletableFuture.supplyAsync(() -> next.resume(id));
            }
            LockSupport.parkNanos(5_000_000);
        }
        moment.armed = false;
        moment.takenOver.countDown();
        return java.util.Objects.requireNonNull(outcome);
    }

    private static void assertSuperseded(CompletableFuture<MigrationOutcome> former) {
        assertThatThrownBy(former::get)
                .isInstanceOf(ExecutionException.class)
                .cause()
                .isInstanceOfSatisfying(
                        ShooflyException.class, e -> assertThat(e.kind()).isEqualTo(ErrorKind.SUPERSEDED));
    }

    private static void awaitWindow(MigrationRunner runner) {
        awaitState(runner, MigrationState.CUTOVER);
        RollbackContract.awaitActivity(runner, "brings it back");
    }

    private String events(MigrationId id, String event) throws SQLException {
        return fixture.texts("SELECT count(*) FROM shoofly.migration_log WHERE migration_id = '" + id
                        + "' AND event = '" + event + "'")
                .get(0);
    }
}
