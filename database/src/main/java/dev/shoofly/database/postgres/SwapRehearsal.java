package dev.shoofly.database.postgres;

import static dev.shoofly.database.connection.ConnectionPool.execute;

import dev.shoofly.database.TableSwap.Direction;
import dev.shoofly.model.MigrationPlan;
import java.sql.Connection;
import java.sql.SQLException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a swap asks under its locks, asked before them on the same connection. The server then has the statements' plans and its
 * catalog in that session's memory, and Java its classes: planning the question for the table's definition alone takes 5 to 9 ms of
 * the 7 to 11 that it takes, and the application stands still for each of the two times that it is asked.
 */
final class SwapRehearsal {
    /**
     * Until the transaction ends. Only for questions to the catalog: a plan for the keys of a remainder should see how many there
     * are.
     */
    static final String REUSE_PLANS = "SET LOCAL plan_cache_mode = force_generic_plan";

    /**
     * The driver has the server keep a statement from its second use on, see {@link PostgresSession}. Not from the first: each of those
     * that exchange the names would be kept, too, and all that is kept is looked through at every change of the catalog.
     */
    private static final int TIMES = 2;

    private static final Logger LOG = LoggerFactory.getLogger(SwapRehearsal.class);

    private SwapRehearsal() {}

    /**
     * In the swap's transaction, behind a savepoint that the caller rolls back to: it may fail, and it takes locks. Decides nothing:
     * without the swap's locks what it finds may be half of somebody's change, so a failure means nothing either.
     */
    static void run(Connection connection, MigrationPlan plan, Direction direction) {
        try {
            execute(connection, REUSE_PLANS);
            for (int i = 0; i < TIMES; i++) {
                PostgresSourceWatch.changeOfTable(connection, plan);
                PostgresSourceWatch.changeOfPublication(connection, plan);
                new SwapStatements(connection, plan, direction).all();
                TableFingerprint.of(connection, SwapState.of(plan).shadowOid());
            }
        } catch (SQLException | RuntimeException e) {
            LOG.debug("the rehearsal of the swap of {} failed: {}", plan.source(), e.getMessage());
        }
    }
}
