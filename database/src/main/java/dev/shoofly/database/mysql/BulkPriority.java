package dev.shoofly.database.mysql;

import dev.shoofly.database.connection.ConnectionPool;
import java.sql.Connection;
import java.sql.SQLException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The resource group in which rows are copied and compared and indexes are built: on a busy processor the server's threads
 * for that yield to an application's. Changes are applied outside of it, for they must keep up; and so is the commit of copied
 * rows, for whoever leads a group of commits has all of them wait for the processor with it (a tenth of a second, seen with 600
 * writes a second on two processors). A wish, never a condition: an account without the privilege, and a server that may not set
 * priorities, do without.
 *
 * <p>An operator may alter the group (its priority, its processors) or disable it; one that exists is left as it is.
 */
final class BulkPriority {
    private static final Logger LOG = LoggerFactory.getLogger(BulkPriority.class);
    static final String GROUP = "shoofly";
    /**
     * As {@code nice}, 0 to 19. A processor that both want goes to the application nine times of ten; with 19 rows stay locked
     * by a copy that hardly runs, and commits got slower in all (measured on two cores).
     */
    private static final int PRIORITY = 10;

    /** For one statement, behind its verb. A group that cannot be had is a warning. */
    static final String HINT = "/*+ RESOURCE_GROUP(" + GROUP + ") */";
    /** For a session; its thread gets the server's default back when that ends. */
    private static final String JOIN = "SET RESOURCE GROUP " + GROUP;

    private static final int EXISTS = 3650;

    private BulkPriority() {}

    /** Makes the group unless there is one or it may not be made. */
    static void offer(Connection connection) {
        try {
            ConnectionPool.execute(
                    connection, "CREATE RESOURCE GROUP " + GROUP + " TYPE = USER THREAD_PRIORITY = " + PRIORITY);
        } catch (SQLException e) {
            if (e.getErrorCode() != EXISTS) {
                LOG.info(
                        "rows are copied and compared at the priority of everything else on the server, for there is no"
                                + " resource group {}: {}",
                        GROUP,
                        e.getMessage());
            }
        }
    }

    /** From here on the session's statements yield, if that is possible. */
    static void join(Connection connection) {
        try {
            ConnectionPool.execute(connection, JOIN);
        } catch (SQLException e) {
            LOG.debug("a session keeps the usual priority: {}", e.getMessage());
        }
    }
}
