package dev.shoofly.database.mysql;

import dev.shoofly.database.connection.ConnectionPool;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The resource group in which rows are copied and compared and indexes are built, if an operator has made one: on a busy
 * processor the server's threads for that yield to an application's. Changes are applied outside of it, for they must keep up;
 * and so is the commit of copied rows, for whoever leads a group of commits has all of them wait for the processor with it.
 *
 * <p>Shoofly makes none: a group without processors of its own moves the threads that use it to the first ones of the host,
 * which is wrong where the server is pinned to others, and they stay there when an application gets them.
 */
final class BulkPriority {
    private static final Logger LOG = LoggerFactory.getLogger(BulkPriority.class);
    static final String GROUP = "shoofly";
    /** For one statement, behind its verb. */
    private static final String HINT = "/*+ RESOURCE_GROUP(" + GROUP + ") */ ";
    /** Groups are shown only to those who may use them. */
    private static final String USABLE = "SELECT resource_group_name FROM information_schema.resource_groups"
            + " WHERE resource_group_name = '" + GROUP + "' AND resource_group_enabled = 1";

    private BulkPriority() {}

    /** Has one statement yield, written behind its verb; empty where there is no group to be used. */
    static String hint(Connection connection) throws SQLException {
        return isUsable(connection) ? HINT : "";
    }

    /** From here on the session's statements yield, where there is a group; its end gives the thread the usual priority back. */
    static void join(Connection connection) {
        try {
            if (isUsable(connection)) {
                ConnectionPool.execute(connection, "SET RESOURCE GROUP " + GROUP);
            }
        } catch (SQLException e) {
            LOG.debug("a session keeps the usual priority: {}", e.getMessage());
        }
    }

    private static boolean isUsable(Connection connection) throws SQLException {
        List<String> found = SqlText.of(USABLE).list(connection, row -> row.getString(1));
        return !found.isEmpty();
    }
}
