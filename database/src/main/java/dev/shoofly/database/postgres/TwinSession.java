package dev.shoofly.database.postgres;

import static dev.shoofly.database.connection.ConnectionPool.execute;
import static dev.shoofly.database.postgres.PostgresNames.quote;

import dev.shoofly.model.TableName;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.SQLWarning;
import java.sql.Savepoint;
import java.sql.Statement;
import java.util.EnumSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** Runs statements on an empty twin and hears what the server would do to a full one. One transaction; one thread. */
final class TwinSession {
    private static final Pattern ROWS = Pattern.compile("(?:partition \\S+: )?rows in file");
    private final Connection connection;
    private final TableName twin;
    private final String userPath;

    private TwinSession(Connection connection, TableName twin, String userPath) {
        this.connection = connection;
        this.twin = twin;
        this.userPath = userPath;
    }

    /** Work that takes the longer the more rows there are, as the server words it in its debug messages. */
    enum Heavy {
        REWRITE("rewrites the table", "rewriting table .*"),
        CHECK("reads every row to check it", "verifying table .*"),
        BUILD("builds an index", "building index \"(?!pg_toast_\\d).*"),
        FOREIGN_KEY("reads every row to check a foreign key", "validating foreign key constraint .*");

        private final String words;
        private final Pattern message;

        Heavy(String words, String message) {
            this.words = words;
            this.message = Pattern.compile(message, Pattern.DOTALL);
        }

        static String words(Set<Heavy> all) {
            return all.stream().map(each -> each.words).collect(Collectors.joining(" and "));
        }
    }

    /** @param type {@code contype} */
    record Constraint(long oid, String name, String type, String definition, boolean pointsToItself, String index) {}

    static TwinSession begin(Connection connection, TableName twin) throws SQLException {
        String userPath =
                Objects.requireNonNull(PostgresCatalog.text(connection, "SELECT current_setting('search_path')"));
        // The operator's texts are run on an empty table; what they wait for is only a table that a foreign key points
        // to.
        execute(connection, "SET LOCAL lock_timeout = '40ms'");
        execute(connection, "SET LOCAL client_min_messages = debug1");
        PostgresCatalog.qualifyEverything(connection);
        return new TwinSession(connection, twin, userPath);
    }

    /** Names resolve as in the operator's own session, but for the twin's. */
    Set<Heavy> run(List<String> statements) throws SQLException {
        Set<Heavy> heavy = EnumSet.noneOf(Heavy.class);
        PostgresCatalog.searchPath(connection, quote(twin.schema()) + (userPath.isBlank() ? "" : ", " + userPath));
        for (String sql : statements) {
            try (Statement statement = connection.createStatement()) {
                statement.execute(sql);
                for (SQLWarning said = statement.getWarnings(); said != null; said = said.getNextWarning()) {
                    String message = String.valueOf(said.getMessage());
                    for (Heavy each : Heavy.values()) {
                        if (each.message.matcher(message).matches()) {
                            heavy.add(each);
                        }
                    }
                }
            }
        }
        PostgresCatalog.qualifyEverything(connection);
        return heavy;
    }

    List<Constraint> constraints(long oid) throws SQLException {
        return PostgresCatalog.query(
                connection,
                "SELECT c.oid::bigint, c.conname, c.contype::text, pg_get_constraintdef(c.oid), c.confrelid = c.conrelid,"
                        + " coalesce(i.relname, '') FROM pg_catalog.pg_constraint c"
                        + " LEFT JOIN pg_catalog.pg_class i ON i.oid = c.conindid AND c.contype IN ('p', 'u')"
                        + " WHERE c.conrelid = ?::bigint::oid AND c.contype IN ('c', 'f', 'p', 'u')",
                row -> new Constraint(
                        row.getLong(1),
                        row.getString(2),
                        row.getString(3),
                        row.getString(4),
                        row.getBoolean(5),
                        row.getString(6)),
                oid);
    }

    /** The twin's columns as the statements make them in a session of another time zone. */
    List<TableFacts.Column> elsewhere(List<String> statements) throws SQLException {
        execute(connection, "SET LOCAL TimeZone = 'Pacific/Auckland'");
        run(statements);
        execute(connection, "SET LOCAL TimeZone = 'UTC'");
        return PostgresCatalog.read(connection, twin).columns();
    }

    /** Whether the server's messages are the ones that are known: some servers translate them. */
    boolean isHeard() throws SQLException {
        Savepoint before = connection.setSavepoint();
        String control = quote(twin.schema(), "shoofly_control");
        Set<Heavy> heard = run(List.of(
                "CREATE TABLE " + control + " (a int)",
                "ALTER TABLE " + control + " ALTER a TYPE bigint",
                "ALTER TABLE " + control + " ADD CHECK (a > 0)",
                "CREATE INDEX ON " + control + " (a)"));
        connection.rollback(before);
        return heard.containsAll(EnumSet.of(Heavy.REWRITE, Heavy.CHECK, Heavy.BUILD));
    }

    /** Of the twin, but for the file that its rows are in. */
    String definition() throws SQLException {
        return TableFingerprint.of(
                        connection, PostgresCatalog.oid(connection, twin).orElseThrow())
                .lines()
                .filter(line -> !ROWS.matcher(line).lookingAt())
                .collect(Collectors.joining("\n"));
    }
}
