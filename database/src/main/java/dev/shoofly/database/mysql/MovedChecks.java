package dev.shoofly.database.mysql;

import dev.shoofly.database.connection.ConnectionPool;
import dev.shoofly.database.connection.SqlErrors;
import dev.shoofly.model.MigrationId;
import dev.shoofly.model.ShadowNames;
import dev.shoofly.model.TableName;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Brings the source's checks to its shadow, and says where their names cannot come along. */
final class MovedChecks {
    private static final Logger LOG = LoggerFactory.getLogger(MovedChecks.class);

    private MovedChecks() {}

    /** Of the shadow and the old table: in schemas of their own when the names of checks are to be kept, and can be. */
    static ShadowNames names(Connection connection, TableName source, MigrationId id) throws SQLException {
        ShadowNames besides = MySqlNames.besides(source, id);
        CheckNames checks = CheckNames.of(connection, source);
        checks.requireRoomOn(besides.old());
        if (checks.ofTheirOwn().isEmpty() || !obstacles(connection, checks).isEmpty()) {
            return besides;
        }
        ShadowNames apart = ShadowSchemas.names(source, id);
        try {
            ShadowSchemas.create(connection, apart.shadow(), source);
        } catch (SQLException e) {
            if (SqlErrors.isTransient(e)) {
                throw e;
            }
            LOG.warn(
                    "{}",
                    generated(
                            source,
                            checks.ofTheirOwn(),
                            List.of("the server makes no database for the copy: " + SqlErrors.serverSaid(e))));
            return besides;
        }
        return apart;
    }

    private static List<String> obstacles(Connection connection, CheckNames checks) throws SQLException {
        List<String> obstacles = new ArrayList<>();
        if (!checks.unreadable().isEmpty()) {
            obstacles.add("the server shows the text of " + String.join(", ", checks.unreadable())
                    + " in another character set than it has. To keep the names, drop it first and add it again"
                    + " afterwards");
        }
        // The server moves no table that has any to another schema (1435).
        if (!MySqlCatalog.triggers(connection, checks.table()).isEmpty()) {
            obstacles.add("the server moves no table with triggers to another database, where alone the copy's could be"
                    + " named so. To keep the names, drop the triggers first and create them again afterwards");
        }
        MySqlGrants grants = MySqlGrants.ofCurrentUser(connection);
        if (!grants.mayMoveTo("shoofly_00000000_new")) {
            obstacles.add(
                    "user " + grants.user() + " may not make databases for the copy and the old table. To keep the"
                            + " names: " + grants.grantToMove());
        }
        return obstacles;
    }

    static List<String> warnings(Connection connection, TableName source) throws SQLException {
        CheckNames checks = CheckNames.of(connection, source);
        List<String> names = checks.ofTheirOwn();
        List<String> obstacles = names.isEmpty() ? List.of() : obstacles(connection, checks);
        return obstacles.isEmpty() ? List.of() : List.of(generated(source, names, obstacles));
    }

    private static String generated(TableName source, List<String> names, List<String> obstacles) {
        return "the checks " + String.join(", ", names) + " get names that the server makes (" + source.table()
                + "_chk_…), for " + String.join("; and ", obstacles);
    }

    /**
     * Makes the shadow, empty, and as like the source as it can be. Its schema is there.
     *
     * @return its checks' names by the source's, in lower case
     */
    static Map<String, String> copy(Connection connection, TableName source, TableName shadow) throws SQLException {
        String create = "CREATE TABLE " + MySqlNames.quote(shadow) + " LIKE " + MySqlNames.quote(source);
        ConnectionPool.execute(connection, create);
        CheckNames theirs = CheckNames.of(connection, source);
        boolean apart = !shadow.schema().equals(source.schema());
        Map<String, String> names = theirs.giveTo(connection, shadow, apart);
        if (!names.isEmpty() && !CheckNames.of(connection, shadow).areAs(theirs, names)) {
            // The server reads its own text otherwise than it was meant; what it copies by itself is right but for the
            // names.
            ConnectionPool.execute(connection, "DROP TABLE " + MySqlNames.quote(shadow));
            ConnectionPool.execute(connection, create);
            return Map.of();
        }
        return names;
    }
}
