package dev.shoofly.database.control;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.shoofly.database.Database;
import dev.shoofly.database.Databases;
import dev.shoofly.database.connection.ConnectionProfile;
import dev.shoofly.database.connection.Secret;
import dev.shoofly.database.control.ApplierRows.Report;
import dev.shoofly.database.control.ApplierRows.Standing;
import dev.shoofly.model.CutoverSettings;
import dev.shoofly.model.DiskSettings;
import dev.shoofly.model.FaultPoints;
import dev.shoofly.model.GateName;
import dev.shoofly.model.KeyColumn;
import dev.shoofly.model.KeyDefinition;
import dev.shoofly.model.KeyEquality;
import dev.shoofly.model.KeyType;
import dev.shoofly.model.MigrationId;
import dev.shoofly.model.MigrationPlan;
import dev.shoofly.model.MigrationSpec;
import dev.shoofly.model.MigrationState;
import dev.shoofly.model.Projection;
import dev.shoofly.model.RowKey;
import dev.shoofly.model.ShadowNames;
import dev.shoofly.model.StrategyChoice;
import dev.shoofly.model.TableName;
import dev.shoofly.servers.DatabaseServer;
import java.security.SecureRandom;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What the control tables say of a migration that goes forward again, whoever asks and whatever they still believe. */
abstract class ForwardAgainRowsContract {
    private static final int LIMIT = 63;
    private static final long EPOCH = 1;
    private static final Instant UNTIL = Instant.ofEpochMilli(4_000_000_000_000L);
    private static final ForcedGates SKIPPED = new ForcedGates(Set.of(GateName.WINDOW), "somebody");
    private static final Report REPORT = new Report("one", List.of(0), 0, false);
    private static final ApplierInstance.Failure FAILURE = new ApplierInstance.Failure("DATA", "does not fit");

    private final MigrationId id = MigrationId.random(new SecureRandom());
    private final TableName source = new TableName("shop", "t_" + id);
    private final MigrationPlan first = plan(
            ShadowNames.of(source, id, LIMIT).shadow(),
            ShadowNames.of(source, id, LIMIT).old());
    private final MigrationPlan firstBack = back(first);
    private final MigrationPlan second = plan(firstBack.old(), ShadowNames.old(source, id, 2, LIMIT));
    private final MigrationPlan secondBack = back(second);
    private Database database;

    abstract DatabaseServer server();

    private MigrationPlan plan(TableName shadow, TableName old) {
        KeyColumn column = new KeyColumn("id", "id", KeyType.INTEGER, KeyEquality.EXACT, "bigint", "bigint");
        return new MigrationPlan(
                id,
                source,
                shadow,
                old,
                new KeyDefinition("PRIMARY", List.of(column)),
                new Projection(List.of(), List.of(), List.of()),
                1,
                "");
    }

    private MigrationPlan back(MigrationPlan there) {
        return plan(there.old(), ShadowNames.undone(source, id, there.round(), LIMIT));
    }

    @BeforeEach
    void openTheFirstWindow() throws SQLException {
        database = Databases.open(
                new ConnectionProfile(server().jdbcUrl(), server().user(), new Secret(server().password())),
                4,
                FaultPoints.NONE);
        database.control().install();
        MigrationRows rows = database.control().migrations();
        rows.create(
                id,
                source,
                new MigrationSpec("t", List.of("x"), StrategyChoice.AUTO, 1, 1, CutoverSettings.DEFAULT),
                "test:1",
                "none");
        rows.savePlan(id, EPOCH, first);
        database.control().progress().create(id, 1);
        List<MigrationState> way = List.of(
                MigrationState.CREATED,
                MigrationState.PLANNING,
                MigrationState.PREPARING,
                MigrationState.COPYING,
                MigrationState.SYNCHRONIZING,
                MigrationState.VALIDATING,
                MigrationState.READY);
        for (int at = 1; at < way.size(); at++) {
            rows.transition(id, EPOCH, way.get(at - 1), way.get(at), "");
        }
        swap(firstBack);
    }

    private void swap(MigrationPlan back) throws SQLException {
        database.control().migrations().transition(id, EPOCH, MigrationState.READY, MigrationState.CUTOVER, "");
        try (Connection connection = connect()) {
            RollbackRows.open(connection, id, EPOCH, back, UNTIL);
        }
    }

    private void rollBackAndKeep(MigrationPlan next) throws SQLException {
        database.control().rollback().swappedBack(id, EPOCH);
        try (Connection connection = connect()) {
            RollbackRows.forwardAgain(connection, id, EPOCH, next, UNTIL);
        }
    }

    private void becomeReady() {
        MigrationRows rows = database.control().migrations();
        rows.transition(id, EPOCH, MigrationState.SYNCHRONIZING, MigrationState.VALIDATING, "");
        rows.transition(id, EPOCH, MigrationState.VALIDATING, MigrationState.READY, "");
    }

    private Connection connect() throws SQLException {
        return DriverManager.getConnection(server().jdbcUrl(), server().user(), server().password());
    }

    @AfterEach
    void forget() {
        database.control().migrations().forget(id);
        database.close();
    }

    private Standing standing() {
        return database.control().appliers().standing(id).orElseThrow();
    }

    private boolean failureCounts(MigrationPlan plan, boolean back) {
        boolean counts = database.control().appliers().fail(EPOCH, plan, back, REPORT, FAILURE);
        database.control().appliers().forgive(id);
        return counts;
    }

    /** The owner's epoch is the same in all rounds: it tells nothing of the tables that a stopped process wakes up with. */
    @Test
    void anApplierThatSleptThroughSwapAndRollbackSeesThatOtherTablesAreWritten() throws SQLException {
        expectWriters(firstBack, true);
        rollBackAndKeep(second);
        expectWriters(second, false);
        becomeReady();
        swap(secondBack);
        expectWriters(secondBack, true);
    }

    private void setAside(String key) throws SQLException {
        try (Connection connection = connect()) {
            MisfitRows.setAside(connection, id, List.of(new Misfit(RowKey.of(key), "amount", "too much")));
        }
    }

    private long misfits() {
        return database.control().misfits().summary(id).rows();
    }

    @Test
    void rowsThatDidNotFitInAnEarlierWindowDoNotKeepALaterRollbackFromBeingPossible() throws SQLException {
        setAside("1");
        setAside("2");
        rollBackAndKeep(second);
        assertThat(misfits()).isZero();
        becomeReady();
        // Of a process that was late.
        setAside("3");
        swap(secondBack);
        assertThat(misfits()).isZero();
        setAside("4");
        try (Connection connection = connect()) {
            // The answer of the first time was lost.
            RollbackRows.open(connection, id, EPOCH, secondBack, UNTIL);
        }
        assertThat(misfits()).as("of this window").isOne();
    }

    /** The process that heard it ended right afterwards, or lost the answer to the commit. */
    @Test
    void aWindowThatSomebodyHasClosedIsNeitherOpenedNorExtendedOverThat() throws SQLException {
        rollBackAndKeep(second);
        becomeReady();
        database.control().migrations().transition(id, EPOCH, MigrationState.READY, MigrationState.CUTOVER, "");
        CommandRows commands = database.control().commands();
        Command word =
                commands.find(commands.request(id, Command.Verb.COMPLETE)).orElseThrow();
        RollbackRows rows = database.control().rollback();
        Instant closed = UNTIL.minusMillis(5);
        rows.complete(word, EPOCH, closed, "closing");
        try (Connection connection = connect()) {
            RollbackRows.open(connection, id, EPOCH, secondBack, UNTIL);
        }
        assertThat(windowEnds()).isEqualTo(closed);
        assertThat(rows.giveUp(id, EPOCH, "in vain", UNTIL, UNTIL.plusMillis(1)))
                .isFalse();
        assertThat(windowEnds()).isEqualTo(closed);
        assertThatThrownBy(() -> rows.giveUp(id, EPOCH - 1, "in vain", closed, UNTIL))
                .hasMessageContaining("another owner");
        assertThat(rows.giveUp(id, EPOCH, "in vain", closed, UNTIL)).isTrue();
        assertThat(windowEnds()).isEqualTo(UNTIL);
    }

    /** Its process would close a window that the row says is open, at an end that nobody was told. */
    @Test
    void aRollbackThatIsGivenUpAgainBecauseTheFirstAnswerWasLostHasTheSameEnd() throws SQLException {
        rollBackAndKeep(second);
        becomeReady();
        swap(secondBack);
        RollbackRows rows = database.control().rollback();
        rows.request(id, EPOCH);
        Instant longer = UNTIL.plusMillis(7);
        assertThat(rows.giveUp(id, EPOCH, "in vain", UNTIL, longer)).isTrue();
        assertThat(rows.giveUp(id, EPOCH, "in vain", UNTIL, longer)).isTrue();
        assertThat(windowEnds()).isEqualTo(longer);
        assertThat(reason()).isEqualTo("in vain");
        assertThat(database.control()
                        .migrations()
                        .find(id)
                        .orElseThrow()
                        .rollback()
                        .requested())
                .isFalse();
    }

    /** A comparison or a replay on demand, in another process, may end after the migration has. */
    @Test
    void whatComesLateForAMigrationThatIsOverLeavesNoRowThatNobodyWouldRemove() throws SQLException {
        ValidationRows.Verdict verdict =
                new ValidationRows.Verdict(RowKey.of("1"), "DIFFERENT", "amount", "STABLE", "OFF");
        TrafficRows.Row read = new TrafficRows.Row(
                "SELECT 1",
                "SAME",
                new TrafficRows.Counts(1, 1, 0, 0, 0, 0, 0),
                new TrafficRows.Times(1, 1, 1, 1),
                false,
                "");
        ValidationRows validation = database.control().validation();
        TrafficRows traffic = database.control().traffic();
        validation.put(id, verdict);
        traffic.replace(id, List.of(read));
        database.control().disk().save(id, new DiskSettings(1, null));
        assertThat(validation.open(id)).hasSize(1);
        assertThat(traffic.list(id)).hasSize(1);
        database.control().migrations().transition(id, EPOCH, MigrationState.CUTOVER, MigrationState.COMPLETED, "done");
        assertThat(validation.open(id)).as("between clean-up and end").isEmpty();
        validation.put(id, verdict);
        traffic.replace(id, List.of(read));
        assertThat(validation.open(id)).as("after the end").isEmpty();
        assertThat(traffic.list(id)).isEmpty();
        assertThat(database.control().disk().find(id)).isEqualTo(DiskSettings.DEFAULT);
        database.control().migrations().forget(id);
        validation.put(id, verdict);
        traffic.replace(id, List.of(read));
        assertThat(validation.open(id)).as("of a migration that was cancelled").isEmpty();
        assertThat(traffic.list(id)).isEmpty();
    }

    private Instant windowEnds() {
        return java.util.Objects.requireNonNull(database.control()
                .migrations()
                .find(id)
                .orElseThrow()
                .rollback()
                .windowEnds());
    }

    @Test
    void whatASwapLeftToDoIsSaidWhateverElseTheReasonIs() {
        MigrationRows rows = database.control().migrations();
        rows.saveLeftToDo(id, EPOCH, "validate it");
        rows.transition(id, EPOCH, MigrationState.CUTOVER, MigrationState.FAILED, "it broke");
        assertThat(reason()).isEqualTo("it broke; validate it");
        rows.transition(id, EPOCH, MigrationState.FAILED, MigrationState.CUTOVER, "");
        assertThat(reason()).isEqualTo("validate it");
        rows.transition(id, EPOCH, MigrationState.CUTOVER, MigrationState.COMPLETED, "done; validate it");
        assertThat(reason()).isEqualTo("done; validate it");
    }

    /** The table that serves has a foreign key that nobody validated, until the next swap takes the table away. */
    @Test
    void whatASwapBackLeftToDoIsSaidUntilTheNextSwapAndIsNotTakenForItsOwn() throws SQLException {
        MigrationRows rows = database.control().migrations();
        rows.saveLeftToDo(id, EPOCH, "validate it");
        rollBackAndKeep(second);
        assertThat(reason()).isEqualTo("validate it");
        becomeReady();
        assertThat(reason()).isEqualTo("validate it");
        rows.saveReason(id, EPOCH, "the cut-over waits for something");
        assertThat(reason()).isEqualTo("the cut-over waits for something; validate it");
        swap(secondBack);
        assertThat(database.control().migrations().find(id).orElseThrow().reason())
                .isNull();
        assertThat(rows.leftToDo(id)).as("this swap is not finished").isEmpty();
    }

    @Test
    void nothingIsLeftToDoAfterASwapBackThatDidEverything() throws SQLException {
        database.control().migrations().saveLeftToDo(id, EPOCH, "");
        rollBackAndKeep(second);
        becomeReady();
        assertThat(database.control().migrations().find(id).orElseThrow().reason())
                .isNull();
    }

    private String reason() {
        return String.valueOf(
                database.control().migrations().find(id).orElseThrow().reason());
    }

    @Test
    void aCommandThatIsBegunAndNotAnsweredIsAnOpenOneForWhoLooksAtTheView() throws SQLException {
        CommandRows commands = database.control().commands();
        Command word = commands.find(commands.request(id, Command.Verb.PAUSE)).orElseThrow();
        assertThat(openCommands()).isEqualTo(1);
        commands.answer(word, EPOCH, Command.PAUSING);
        assertThat(openCommands()).isEqualTo(1);
        commands.answer(word, EPOCH, "paused");
        assertThat(openCommands()).isZero();
    }

    private int openCommands() throws SQLException {
        try (Connection connection = connect();
                PreparedStatement statement = Sql.prepare(
                        connection, "SELECT open_commands FROM shoofly.diagnostics WHERE id = ?", id.value());
                ResultSet row = statement.executeQuery()) {
            assertThat(row.next()).isTrue();
            return row.getInt(1);
        }
    }

    @Test
    void aGateThatWasSkippedForOneSwapIsNotSkippedForTheNext() throws SQLException {
        rollBackAndKeep(second);
        becomeReady();
        assertThat(database.control().migrations().approveCutover(id, EPOCH, SKIPPED))
                .isTrue();
        assertThat(forced()).containsExactly(GateName.WINDOW);
        swap(secondBack);
        rollBackAndKeep(second);
        assertThat(forced()).isEmpty();
    }

    private Set<GateName> forced() {
        return database.control().gates().find(id).forced();
    }

    @Test
    void aFormerOwnerCannotEndTheTimeToGoForwardAgainNorAnybodyBeforeItIsOverOrOnceTheWordIsGiven()
            throws SQLException {
        rollBackAndKeep(second);
        RollbackRows rows = database.control().rollback();
        assertThatThrownBy(() -> rows.callOff(id, EPOCH - 1, UNTIL)).hasMessageContaining("another owner");
        assertThat(rows.callOff(id, EPOCH, UNTIL.minusMillis(1)))
                .as("before it is over")
                .isFalse();
        becomeReady();
        assertThat(database.control().migrations().approveCutover(id, EPOCH, SKIPPED))
                .isTrue();
        assertThat(rows.callOff(id, EPOCH, UNTIL)).as("the word was given").isFalse();
        assertThat(isCalledOff()).isFalse();
    }

    /** Somebody has interrupted it, or corrects what made it fail. */
    @Test
    void theTimeIsNotEndedUnderAPauseOrAFailure() throws SQLException {
        rollBackAndKeep(second);
        for (MigrationState held : List.of(MigrationState.PAUSED, MigrationState.FAILED)) {
            database.control().migrations().transition(id, EPOCH, MigrationState.SYNCHRONIZING, held, "held");
            assertThat(database.control().rollback().callOff(id, EPOCH, UNTIL)).isFalse();
            database.control().migrations().transition(id, EPOCH, held, MigrationState.SYNCHRONIZING, "");
        }
        assertThat(database.control().rollback().callOff(id, EPOCH, UNTIL)).isTrue();
    }

    @Test
    void aWordThatNobodyWouldHearIsRefused() throws SQLException {
        assertThat(database.control().migrations().approveCutover(id, EPOCH, SKIPPED))
                .as("the tables are swapped")
                .isFalse();
        assertThat(forced()).as("what came with a word that was refused").isEmpty();
        database.control().migrations().transition(id, EPOCH, MigrationState.CUTOVER, MigrationState.FAILED, "held");
        assertThat(database.control().migrations().approveCutover(id, EPOCH, SKIPPED))
                .isFalse();
        database.control().migrations().transition(id, EPOCH, MigrationState.FAILED, MigrationState.CUTOVER, "");
        rollBackAndKeep(second);
        becomeReady();
        assertThat(database.control().rollback().callOff(id, EPOCH, UNTIL)).isTrue();
        assertThat(database.control().migrations().approveCutover(id, EPOCH, SKIPPED))
                .as("the time is over")
                .isFalse();
        assertThat(forced()).isEmpty();
        assertThat(isCalledOff()).isTrue();
        assertThatThrownBy(() -> database.control().migrations().approveCutover(id, EPOCH - 1, SKIPPED))
                .hasMessageContaining("another owner");
    }

    private boolean isCalledOff() {
        return database.control().migrations().find(id).orElseThrow().rollback().calledOff();
    }

    private void expectWriters(MigrationPlan plan, boolean back) {
        assertThat(standing().epoch()).isEqualTo(EPOCH);
        for (MigrationPlan there : List.of(first, second)) {
            assertThat(standing().isOf(there, false)).as("%s", there.shadow()).isEqualTo(there == plan && !back);
            assertThat(failureCounts(there, false)).as("%s", there.shadow()).isEqualTo(there == plan && !back);
        }
        for (MigrationPlan there : List.of(firstBack, secondBack)) {
            assertThat(standing().isOf(there, true)).as("%s", there.shadow()).isEqualTo(there == plan && back);
            assertThat(failureCounts(there, true)).as("%s", there.shadow()).isEqualTo(there == plan && back);
        }
    }
}
