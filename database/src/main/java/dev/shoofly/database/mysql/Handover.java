package dev.shoofly.database.mysql;

import dev.shoofly.database.connection.ConnectionPool;
import dev.shoofly.database.connection.ConnectionProfile;
import dev.shoofly.database.connection.SqlErrors;
import dev.shoofly.model.ErrorKind;
import dev.shoofly.model.MigrationPlan;
import dev.shoofly.model.ShooflyException;
import dev.shoofly.model.TableName;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The RENAME and what hangs on the table. What an interruption leaves is mended by whoever looks at the names next. */
final class Handover {
    private static final Logger LOG = LoggerFactory.getLogger(Handover.class);
    private static final Duration MEND_WITHIN = Duration.ofSeconds(30);
    private final ConnectionProfile profile;
    private final MigrationPlan plan;
    private final Attached attached;
    private final TriggerHandover triggers;
    private final ForeignKeyHandover foreignKeys;

    Handover(ConnectionProfile profile, MigrationPlan plan) {
        this.profile = profile;
        this.plan = plan;
        this.attached = Attached.of(plan);
        this.triggers = TriggerHandover.of(plan);
        this.foreignKeys = new ForeignKeyHandover(plan);
    }

    /** Before the tables are locked. */
    void prepare(Connection locking) throws SQLException {
        ShadowSchemas.create(locking, plan.old(), plan.source());
        triggers.standIn(locking);
        foreignKeys.mark(locking);
    }

    /** When nothing was renamed; if it fails, {@link #mend} does it. */
    void withdraw(Connection locking) {
        if (attached.equals(Attached.NONE)) {
            return;
        }
        try {
            ConnectionPool.execute(locking, "UNLOCK TABLES");
            triggers.withdraw(locking);
            if (foreignKeys.left(locking, false).isEmpty()) {
                foreignKeys.unmark(locking);
            }
        } catch (SQLException e) {
            LOG.warn(
                    "what was prepared for the swap of {} could not be taken away, and is when the names are looked"
                            + " at: {}",
                    plan.source(),
                    SqlErrors.serverSaid(e));
        }
    }

    /** The statements under the lock use no aliases, each of which would need an entry of its own. */
    String lockTables() {
        String kept = DialectState.of(plan).kept().isEmpty() ? "" : ", " + KeptValues.name(plan) + " WRITE";
        return lockTables(plan.shadow(), plan.source(), foreignKeys.locks()) + kept;
    }

    private static String lockTables(TableName first, TableName second, List<String> others) {
        return Stream.concat(
                        Stream.of(first, second).distinct().map(table -> MySqlNames.quote(table) + " WRITE"),
                        others.stream())
                .collect(Collectors.joining(", ", "LOCK TABLES ", ""));
    }

    /** @throws ShooflyException REFUSED; call it with the tables locked */
    void requireUnchanged(Connection locking) throws SQLException {
        SourceDefinition.requireSameTriggers(locking, plan);
    }

    /**
     * {@link #statements}, under the lock. Throws only when the names are as they were, or the connection is lost. The tables may
     * be unlocked afterwards, and the caller unlocks them in any case.
     *
     * @param definitionWanted whether the new table's is asked for
     * @return what that was under the lock, before anybody else could change it, unless not all came along at once; empty: not wanted, or it could not be told
     */
    Optional<String> run(Connection locking, boolean definitionWanted) throws SQLException {
        try {
            List<String> packet = new ArrayList<>(packet());
            if (definitionWanted) {
                packet.add(SourceDefinition.statement(plan.source()));
            }
            List<String> triggersLast = triggers.afterRename();
            if (triggersLast.isEmpty()) {
                // The server needs no word from us to let the application go on.
                packet.add("UNLOCK TABLES");
            }
            List<String> definition = Series.inOnePacket(locking, packet, SourceDefinition::read);
            // One by one: whatever is done of them, each trigger or its stand-in is in force.
            Series.oneByOne(locking, triggersLast);
            return definition.stream().findFirst();
        } catch (SQLException e) {
            if (SqlErrors.isConnectionLoss(e)) {
                throw e;
            }
            if (MySqlCatalog.exists(locking, plan.shadow())) {
                Series.oneByOne(locking, foreignKeys.left(locking, false));
                throw e;
            }
            LOG.warn(
                    "{} is the new table, but not all that belongs to it came along at once; it is made good: {}",
                    plan.source(),
                    SqlErrors.serverSaid(e));
            tryOnceMore(locking);
            return definitionWanted ? definition(locking) : Optional.empty();
        }
    }

    private Optional<String> definition(Connection locking) {
        try {
            return Optional.of(SourceDefinition.of(locking, plan.source()));
        } catch (SQLException e) {
            LOG.warn("the definition of the new {} is not known: {}", plan.source(), SqlErrors.serverSaid(e));
            return Optional.empty();
        }
    }

    /** Under the same lock, for a constraint may be missing; what fails again is left to {@link #mend}. */
    private void tryOnceMore(Connection locking) {
        try {
            Series.oneByOne(locking, left(locking, true));
        } catch (SQLException e) {
            LOG.warn("not made good under the lock of the swap: {}", SqlErrors.serverSaid(e));
        }
    }

    /** What must not be done by halves: the server works through it although its client may be gone. */
    List<String> packet() {
        List<String> statements = new ArrayList<>(foreignKeys.beforeRename());
        statements.add("RENAME TABLE " + MySqlNames.quote(plan.source()) + " TO " + MySqlNames.quote(plan.old()) + ", "
                + MySqlNames.quote(plan.shadow()) + " TO " + MySqlNames.quote(plan.source()));
        statements.addAll(foreignKeys.afterRename());
        return statements;
    }

    /** All that the swap does under the lock, in its order. */
    List<String> statements() {
        List<String> statements = new ArrayList<>(packet());
        statements.addAll(triggers.afterRename());
        return statements;
    }

    /**
     * Brings to its end, or takes back, what an interrupted attempt left. No attempt may be under way. Repeatable.
     *
     * @param swapped whether the names are
     * @throws ShooflyException TRANSIENT when the tables could not be locked in time
     */
    void mend(Connection connection, boolean swapped) throws SQLException {
        mend(connection, swapped, MEND_WITHIN);
    }

    /** As above, waiting so long for the tables. */
    void mend(Connection connection, boolean swapped, Duration within) throws SQLException {
        if (attached.equals(Attached.NONE)) {
            return;
        }
        if (!swapped) {
            triggers.withdraw(connection);
        }
        if (!left(connection, swapped).isEmpty()) {
            LOG.info("bringing to an end what an interrupted swap of {} left", plan.source());
            mendUnderLock(swapped, within);
        }
        // Not before it is recorded for people.
        if (!swapped || foreignKeys.outOfReach(connection).isEmpty()) {
            foreignKeys.unmark(connection);
        }
    }

    /** After {@link #mend} of what is swapped: what it could not do, for people. */
    List<String> notMended(Connection connection) throws SQLException {
        return foreignKeys.outOfReach(connection);
    }

    /** What {@link #notMended} said is recorded. */
    void told(Connection connection) throws SQLException {
        foreignKeys.unmark(connection);
    }

    private List<String> left(Connection connection, boolean swapped) throws SQLException {
        // A constraint is missing, a trigger is not.
        List<String> left = new ArrayList<>(foreignKeys.left(connection, swapped));
        if (swapped) {
            left.addAll(triggers.left(connection));
        }
        return left;
    }

    private void mendUnderLock(boolean swapped, Duration within) throws SQLException {
        MySqlBlockers blockers = new MySqlBlockers(plan.source(), attached.others());
        try (Connection locking = MySqlSession.connectForSeries(profile);
                Connection observing = MySqlSession.connect(profile);
                MySqlTableLock lock = new MySqlTableLock(locking, observing, blockers)) {
            // The old one may have been dropped since.
            TableName old = swapped && MySqlCatalog.exists(observing, plan.old()) ? plan.old() : plan.source();
            Optional<String> inTheWay =
                    lock.acquire(lockTables(old, plan.source(), foreignKeys.presentLocks(observing)), within);
            if (inTheWay.isPresent()) {
                throw new ShooflyException(
                        ErrorKind.TRANSIENT,
                        "what an interrupted swap of " + plan.source()
                                + " left cannot be mended, for the table could not be locked: " + inTheWay.get()
                                + ". 'resume " + plan.id()
                                + "' tries it again. Missing until then, and what 'resume' will"
                                + " run: " + String.join("; ", left(observing, swapped)));
            }
            Series.oneByOne(locking, left(locking, swapped));
        }
    }

    /** After the swap, and after {@link #mend}: what nobody should wait for under the locks. What was found, for people. */
    List<String> verify() throws SQLException {
        if (attached.foreignKeys().isEmpty()) {
            return List.of();
        }
        try (Connection connection = MySqlSession.connectForLongStatements(profile)) {
            return foreignKeys.verify(connection);
        }
    }
}
