package dev.shoofly.database.mysql;

import dev.shoofly.database.connection.ConnectionPool;
import dev.shoofly.database.connection.ConnectionProfile;
import dev.shoofly.database.connection.SqlErrors;
import dev.shoofly.database.replay.Judgement;
import dev.shoofly.database.replay.ReplayDialect;
import dev.shoofly.database.replay.Table;
import dev.shoofly.model.ErrorKind;
import dev.shoofly.model.MigrationPlan;
import dev.shoofly.model.RowKey;
import dev.shoofly.model.ShooflyException;
import io.debezium.ddl.parser.mysql.generated.MySqlLexer;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import org.antlr.v4.runtime.Token;
import org.jspecify.annotations.Nullable;

/** MySQL's part of replaying reads. */
final class MySqlReads implements ReplayDialect {
    private final ConnectionProfile profile;
    private final MigrationPlan plan;

    MySqlReads(ConnectionProfile profile, MigrationPlan plan) {
        this.profile = profile;
        this.plan = plan;
    }

    @Override
    public Connection connect(Duration timeout) throws SQLException {
        Properties properties = MySqlSession.driverProperties();
        properties.setProperty("cachePrepStmts", "false");
        properties.setProperty("useLocalSessionState", "false");
        properties.setProperty("user", profile.user());
        properties.setProperty("password", profile.password().reveal());
        Connection connection = DriverManager.getConnection(profile.url(), properties);
        try {
            // Where an application's statement means a table without naming its schema.
            connection.setCatalog(plan.source().schema());
            ConnectionPool.execute(
                    connection,
                    "SET SESSION transaction_isolation = 'REPEATABLE-READ', lock_wait_timeout = 2, wait_timeout = 120,"
                            + " max_execution_time = " + timeout.toMillis());
            return connection;
        } catch (SQLException e) {
            connection.close();
            throw e;
        }
    }

    @Override
    public void begin(Connection connection) throws SQLException {
        ConnectionPool.execute(connection, "START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY");
        // Both sides are asked at one time of day: NOW() is a part of many answers.
        ConnectionPool.execute(connection, "SET SESSION timestamp = UNIX_TIMESTAMP()");
    }

    @Override
    public void rollback(Connection connection) throws SQLException {
        ConnectionPool.execute(connection, "ROLLBACK");
        ConnectionPool.execute(connection, "SET SESSION timestamp = DEFAULT");
    }

    @Override
    public Guard guard(Connection connection) {
        // An error ends the statement only.
        return () -> {};
    }

    @Override
    public Judgement judge(Connection connection, String statement) throws SQLException {
        return new ReadText(connection, plan).judge(statement);
    }

    @Override
    public TableText table(Table table, List<RowKey> without) {
        String name = MySqlNames.quote(table == Table.SOURCE ? plan.source() : plan.shadow());
        if (without.isEmpty()) {
            return new TableText(name, List.of());
        }
        KeySide side = table == Table.SOURCE ? KeySide.source(plan.key()) : KeySide.shadow(plan.key(), "PRIMARY");
        SqlText left = SqlText.of("(SELECT * FROM " + name + " WHERE NOT (")
                .add(side.in("", without))
                .add("))");
        return new TableText(left.toString(), left.values());
    }

    @Override
    public @Nullable String value(ResultSet row, int column) throws SQLException {
        // As the server sent it. The driver would refuse zero dates, and must not decode binary values.
        byte[] bytes = row.getBytes(column);
        return bytes == null ? null : new String(bytes, StandardCharsets.ISO_8859_1);
    }

    @Override
    public String planShape(Connection connection, String statement) throws SQLException {
        return SqlText.of("EXPLAIN FORMAT=JSON " + statement).list(connection, row -> row.getString(1)).stream()
                .findFirst()
                .map(PlanShape::of)
                .orElse("");
    }

    @Override
    public boolean isAboutNames(SQLException error) {
        return switch (error.getErrorCode()) {
            // Column, key, table or function unknown; ambiguous or doubled column; collations that do not go together
            case 1054, 1176, 1146, 1305, 1052, 1060, 1267, 1271 -> true;
            default -> false;
        };
    }

    @Override
    public Sample recent(Connection connection, int most) throws SQLException {
        List<String> found;
        try {
            found = statements(connection, most);
        } catch (SQLException e) {
            if (SqlErrors.isTransient(e)) {
                throw e;
            }
            throw new ShooflyException(
                    ErrorKind.REFUSED,
                    "performance_schema cannot be read: " + SqlErrors.serverSaid(e)
                            + ". Grant SELECT on performance_schema.*, or give a file of statements. Nothing was replayed.",
                    e);
        }
        if (found.isEmpty()
                && SqlText.of("SELECT @@performance_schema")
                        .list(connection, row -> row.getInt(1))
                        .contains(0)) {
            throw new ShooflyException(
                    ErrorKind.REFUSED,
                    "the server runs without performance_schema, so it does not keep what applications ask. Give a file of"
                            + " statements. Nothing was replayed.");
        }
        List<String> complete = found.stream().filter(MySqlReads::isComplete).toList();
        return new Sample(complete, found.size() - complete.size());
    }

    private List<String> statements(Connection connection, int most) throws SQLException {
        return SqlText.of(
                        "SELECT QUERY_SAMPLE_TEXT FROM performance_schema.events_statements_summary_by_digest"
                                + " WHERE SCHEMA_NAME = ? AND DIGEST_TEXT REGEXP '^[(]*(SELECT|WITH|TABLE)'"
                                + " AND LOCATE(?, DIGEST_TEXT) > 0 AND LOCATE(?, DIGEST_TEXT) = 0"
                                + " AND QUERY_SAMPLE_TEXT NOT LIKE '/* shoofly%' AND QUERY_SAMPLE_TEXT NOT LIKE 'EXPLAIN%'"
                                + " ORDER BY COUNT_STAR DESC LIMIT " + most,
                        plan.source().schema(),
                        plan.source().table(),
                        plan.shadow().table())
                .list(connection, row -> row.getString(1));
    }

    /** The text is cut where it is longer than the server keeps, and a prepared statement's has no values. */
    private static boolean isComplete(String statement) {
        return !statement.endsWith("...")
                && ReadText.tokens(statement).stream().noneMatch(token -> token.getType() == MySqlLexer.PARAM_MARKER);
    }

    @Override
    public List<String> split(String text) {
        List<Token> tokens = ReadText.tokens(text);
        List<String> found = new ArrayList<>();
        if (tokens.stream().noneMatch(token -> token.getType() == MySqlLexer.SEMICOLON_SYMBOL)) {
            text.lines().filter(line -> !ReadText.tokens(line).isEmpty()).forEach(found::add);
            return found;
        }
        int from = -1;
        int to = -1;
        for (Token token : tokens) {
            if (token.getType() != MySqlLexer.SEMICOLON_SYMBOL) {
                from = from < 0 ? token.getStartIndex() : from;
                to = token.getStopIndex() + 1;
            } else if (from >= 0) {
                found.add(part(text, from, to));
                from = -1;
            }
        }
        if (from >= 0) {
            found.add(part(text, from, to));
        }
        return found;
    }

    /** The grammar counts code points. */
    private static String part(String text, int from, int to) {
        return text.substring(text.offsetByCodePoints(0, from), text.offsetByCodePoints(0, to));
    }
}
