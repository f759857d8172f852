package dev.shoofly.database.postgres;

import dev.shoofly.database.connection.ConnectionPool;
import dev.shoofly.database.connection.ConnectionProfile;
import dev.shoofly.database.connection.SqlErrors;
import dev.shoofly.database.postgres.PostgresKeys.Side;
import dev.shoofly.database.postgres.SqlTokens.Kind;
import dev.shoofly.database.postgres.SqlTokens.Token;
import dev.shoofly.database.replay.Judgement;
import dev.shoofly.database.replay.ReplayDialect;
import dev.shoofly.database.replay.Table;
import dev.shoofly.model.ErrorKind;
import dev.shoofly.model.MigrationPlan;
import dev.shoofly.model.RowKey;
import dev.shoofly.model.ShooflyException;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Savepoint;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** PostgreSQL's part of replaying reads. */
final class PostgresReads implements ReplayDialect {
    private final ConnectionProfile profile;
    private final MigrationPlan plan;
    private final PostgresKeys keys;

    PostgresReads(ConnectionProfile profile, MigrationPlan plan) {
        this.profile = profile;
        this.plan = plan;
        this.keys = new PostgresKeys(plan.key());
    }

    @Override
    public Connection connect(Duration timeout) throws SQLException {
        Properties properties = new Properties();
        properties.setProperty("ApplicationName", PostgresSession.APPLICATION_NAME);
        properties.setProperty("connectTimeout", "10");
        properties.setProperty("tcpKeepAlive", "true");
        properties.setProperty("user", profile.user());
        properties.setProperty("password", profile.password().reveal());
        Connection connection = DriverManager.getConnection(profile.url(), properties);
        try {
            for (String statement : List.of(
                    // Policies that leave rows out on one side would pass for differences; off makes them an error.
                    "SET row_security = off",
                    // The view that a statement is read through is a write to the server; every replay is READ ONLY by
                    // itself.
                    "SET default_transaction_read_only = off",
                    "SET statement_timeout = " + timeout.toMillis(),
                    "SET lock_timeout = '2s'",
                    // A snapshot is kept while a marker passes.
                    "SET idle_in_transaction_session_timeout = '120s'",
                    "SET client_min_messages = warning")) {
                ConnectionPool.execute(connection, statement);
            }
            connection.setTransactionIsolation(Connection.TRANSACTION_REPEATABLE_READ);
            return connection;
        } catch (SQLException e) {
            connection.close();
            throw e;
        }
    }

    @Override
    public void begin(Connection connection) throws SQLException {
        connection.setReadOnly(true);
        connection.setAutoCommit(false);
        // The snapshot is taken by the first query.
        ConnectionPool.execute(connection, "SELECT 1");
    }

    @Override
    public void rollback(Connection connection) throws SQLException {
        connection.rollback();
        connection.setAutoCommit(true);
        connection.setReadOnly(false);
    }

    @Override
    public Guard guard(Connection connection) throws SQLException {
        Savepoint savepoint = connection.setSavepoint();
        return () -> connection.rollback(savepoint);
    }

    @Override
    public Judgement judge(Connection connection, String statement) throws SQLException {
        return new ReadText(plan).judge(connection, statement);
    }

    @Override
    public TableText table(Table table, List<RowKey> without) {
        String name = PostgresNames.quote(table == Table.SOURCE ? plan.source() : plan.shadow());
        if (without.isEmpty()) {
            return new TableText(name, List.of());
        }
        Side side = table == Table.SOURCE ? Side.SOURCE : Side.SHADOW;
        String left = without.stream()
                .map(key -> "(" + keys.isLiteral(side, "k", key) + ")")
                .collect(Collectors.joining(" OR "));
        return new TableText("(SELECT * FROM " + name + " AS k WHERE NOT (" + left + "))", List.of());
    }

    @Override
    public @Nullable String value(ResultSet row, int column) throws SQLException {
        return row.getString(column);
    }

    @Override
    public String planShape(Connection connection, String statement) throws SQLException {
        return PlanShape.of(connection, plan, statement);
    }

    @Override
    public boolean isAboutNames(SQLException error) {
        // Syntax errors and missing rights are of this class as well, but what they quote can be a literal.
        String state = String.valueOf(error.getSQLState());
        return state.startsWith("42") && !state.equals("42601") && !state.equals("42501");
    }

    @Override
    public Sample recent(Connection connection, int most) throws SQLException {
        List<String> schema = PostgresCatalog.query(
                connection,
                "SELECT quote_ident(n.nspname) FROM pg_catalog.pg_extension e JOIN pg_catalog.pg_namespace n"
                        + " ON n.oid = e.extnamespace WHERE e.extname = 'pg_stat_statements'",
                row -> row.getString(1));
        if (schema.isEmpty()) {
            throw new ShooflyException(
                    ErrorKind.REFUSED,
                    "database " + profile.database()
                            + " has no extension pg_stat_statements, so the server does not keep what"
                            + " applications ask. Add it (shared_preload_libraries and CREATE EXTENSION pg_stat_statements), or"
                            + " give a file of statements. Nothing was replayed.");
        }
        List<String> found = statements(connection, schema.get(0), most);
        List<String> complete = new ArrayList<>();
        SampledParameters parameters = new SampledParameters(connection, plan.source());
        for (String each : found) {
            if (ReadText.hasParameters(each)) {
                parameters.fill(each).ifPresent(complete::add);
            } else {
                complete.add(each);
            }
        }
        return new Sample(complete, found.size() - complete.size());
    }

    private List<String> statements(Connection connection, String schema, int most) throws SQLException {
        try {
            return PostgresCatalog.query(
                    connection,
                    "SELECT query FROM " + schema
                            + ".pg_stat_statements WHERE dbid = (SELECT oid FROM pg_catalog.pg_database"
                            + " WHERE datname = current_database()) AND query ~* '^(\\s|/\\*.*?\\*/)*\\(*\\s*(select|with|table)\\M'"
                            + " AND strpos(lower(query), lower(?)) > 0 AND strpos(query, ?) = 0 AND strpos(query, 'shoofly') = 0"
                            + " GROUP BY query ORDER BY sum(calls) DESC LIMIT " + most,
                    row -> row.getString(1),
                    plan.source().table(),
                    plan.shadow().table());
        } catch (SQLException e) {
            if (SqlErrors.isTransient(e)) {
                throw e;
            }
            throw new ShooflyException(
                    ErrorKind.REFUSED,
                    "pg_stat_statements cannot be read: " + SqlErrors.serverSaid(e)
                            + ". Give a file of statements instead. Nothing was replayed.",
                    e);
        }
    }

    @Override
    public List<String> split(String text) {
        List<Token> tokens = SqlTokens.of(text);
        List<String> found = new ArrayList<>();
        if (tokens.stream().noneMatch(token -> token.isSymbol(';'))) {
            text.lines().filter(line -> !SqlTokens.of(line).isEmpty()).forEach(found::add);
            return found;
        }
        int from = -1;
        int to = -1;
        for (Token token : tokens) {
            if (!token.isSymbol(';')) {
                from = from < 0 ? token.start() : from;
                to = token.end();
            } else if (from >= 0) {
                found.add(text.substring(from, to));
                from = -1;
            }
        }
        if (from >= 0) {
            found.add(text.substring(from, to));
        }
        return found;
    }

    /** The statement without its literals. */
    static String digest(List<Token> tokens) {
        StringBuilder text = new StringBuilder();
        int end = -1;
        for (Token token : tokens) {
            if (end >= 0 && token.start() > end) {
                text.append(' ');
            }
            text.append(token.kind() == Kind.LITERAL ? "?" : token.text());
            end = token.end();
        }
        return text.toString();
    }
}
