package dev.shoofly.database.mysql;

import dev.shoofly.database.connection.ConnectionPool;
import dev.shoofly.model.RowKey;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A temporary table with the shadow's columns and checks but none of its unique keys. An INSERT of projected rows into it
 * converts them exactly as an INSERT into the shadow does: so it finds values that do not fit, compares retyped columns
 * with what should be stored, and shows what a unique key of the shadow would see. Temporary tables belong to one session
 * and never reach the log. Thread-safe; each call works on the caller's connection.
 */
final class TwinTable {
    private static final Logger LOG = LoggerFactory.getLogger(TwinTable.class);
    static final String NAME = "_shoofly_twin";

    /** Rows that only the shadow has carry 1. */
    static final String EXTRA = "`_shoofly_extra`";

    private static final Pattern DEFAULTS = Pattern.compile("DEFAULT CHARSET=\\w+( COLLATE=\\w+)?");
    private static final Pattern CHECK = Pattern.compile("  CONSTRAINT `((?:[^`]|``)+)` (CHECK .*?),?");
    private static final Pattern OWN_CHECK = Pattern.compile("'" + NAME + "_chk_(\\d{1,4})'");
    /** Between the column's name and its comment, both of which may hold these words, too. */
    private static final Pattern AUTO_INCREMENT = Pattern.compile("^(`(?:[^`]|``)+`[^'`]*?) AUTO_INCREMENT");

    private final MigrationSql sql;
    private final String name;
    private volatile @Nullable String definition;
    /** Names of the shadow's checks, in the order of the twin's, which the server names by their numbers. */
    private volatile List<String> checks = List.of();

    TwinTable(MigrationSql sql) {
        this.sql = sql;
        this.name = MySqlNames.quote(sql.plan().shadow().sibling(NAME));
    }

    String name() {
        return name;
    }

    /** An empty one, whatever was there. Works while the shadow is locked by this connection. */
    void create(Connection connection) throws SQLException {
        drop(connection);
        ConnectionPool.execute(connection, definition(connection));
    }

    /**
     * When the work is done, or has failed. Never throws: with a lost connection it is gone anyhow, and what failed before must
     * be what is told. What stays is dropped by the next {@link #create}.
     */
    void release(Connection connection) {
        try {
            drop(connection);
        } catch (SQLException e) {
            LOG.debug("{} is left to the session's end or the next use: {}", name, e.getMessage());
        }
    }

    private void drop(Connection connection) throws SQLException {
        ConnectionPool.execute(connection, "DROP TEMPORARY TABLE IF EXISTS " + name);
    }

    /** A row of the source does not fit into the shadow, with the server's own words and number. */
    static final class DoesNotFit extends SQLException {
        DoesNotFit(SQLException cause) {
            super(cause.getMessage(), cause.getSQLState(), cause.getErrorCode(), cause);
        }
    }

    /**
     * Replaces the contents by the projection of these rows, read in one read view without locks.
     *
     * @throws DoesNotFit when a value does not
     */
    void fill(Connection connection, MigrationSql.Rows rows) throws SQLException {
        clear(connection);
        add(connection, rows);
    }

    void clear(Connection connection) throws SQLException {
        ConnectionPool.execute(connection, "DELETE FROM " + name);
    }

    void add(Connection connection, MigrationSql.Rows rows) throws SQLException {
        add(connection, rows, 0);
    }

    /** Adds the projection of these rows, marked as {@link #EXTRA}. */
    void addExtraFromSource(Connection connection, List<RowKey> keys) throws SQLException {
        add(connection, MigrationSql.Rows.of(keys), 1);
    }

    private void add(Connection connection, MigrationSql.Rows rows, int extra) throws SQLException {
        try {
            SqlText.of("INSERT INTO " + name + " (" + sql.columns() + ", " + EXTRA + ") SELECT " + sql.projection()
                            + ", " + extra + sql.fromSource() + " WHERE ")
                    .add(rows.on(sql.sourceKey(), ""))
                    .update(connection);
        } catch (SQLException e) {
            throw MySqlErrors.isData(e) ? new DoesNotFit(e) : e;
        }
    }

    /** Whether it holds no rows but those marked as {@link #EXTRA}. */
    boolean isEmpty(Connection connection) throws SQLException {
        return !SqlText.of("SELECT 1 FROM " + name + " WHERE " + EXTRA + " = 0 LIMIT 1")
                .findsRow(connection);
    }

    /** Adds the shadow's rows that the source lacks, marked as {@link #EXTRA}. */
    void addExtra(Connection connection, MigrationSql.Rows rows) throws SQLException {
        SqlText.of("INSERT INTO " + name + " (" + sql.columns() + ", " + EXTRA + ") SELECT " + sql.columns()
                        + ", 1 FROM " + sql.shadow() + " AS s" + sql.shadowKey().forced() + " WHERE ")
                .add(rows.on(sql.shadowKey(), "s."))
                .add(" AND NOT EXISTS (SELECT /*+ NO_SEMIJOIN() */ 1 FROM " + sql.source() + " AS o"
                        + sql.sourceKey().forced() + " WHERE "
                        + sql.sourceKey().joins("o.", sql.shadowKey(), "s.") + ")")
                .update(connection);
    }

    private String definition(Connection connection) throws SQLException {
        String known = definition;
        if (known == null) {
            known = define(showCreate(connection));
            definition = known;
        }
        return known;
    }

    private String showCreate(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery("SHOW CREATE TABLE " + sql.shadow())) {
            rows.next();
            return rows.getString(2);
        }
    }

    /** The server prints one column or constraint per line, and escapes line ends inside them. */
    private String define(String create) {
        StringBuilder twin = new StringBuilder("CREATE TEMPORARY TABLE " + name
                // A key of its own: servers can demand a primary key, and the shadow's may be what is violated.
                + " (`_shoofly_row` BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY, "
                + EXTRA + " TINYINT NOT NULL DEFAULT 0");
        String options = "";
        List<String> named = new ArrayList<>();
        for (String line : List.of(create.split("\n"))) {
            Matcher check = CHECK.matcher(line);
            if (line.startsWith("  `")) {
                twin.append(", ").append(column(line));
            } else if (check.matches()) {
                named.add(check.group(1).replace("``", "`"));
                twin.append(", ").append(check.group(2));
            } else if (line.startsWith(") ")) {
                Matcher defaults = DEFAULTS.matcher(line);
                options = defaults.find() ? defaults.group() : "";
            }
        }
        checks = List.copyOf(named);
        return twin.append(", KEY (")
                .append(sql.shadowKey().columns(""))
                .append(")) ENGINE=InnoDB ")
                .append(options)
                .toString();
    }

    /** What the server said of a row, without which table and which row of a statement it was, and the driver's preface. */
    static String withoutName(SQLException error) {
        return String.valueOf(error.getMessage())
                .replace(NAME + ".", "")
                .replaceFirst("^Data truncation: ", "")
                .replaceFirst(" at row \\d+$", "");
    }

    /** What the server said of the twin, with the names of the shadow's checks. */
    String inTermsOfShadow(String said) {
        Matcher check = OWN_CHECK.matcher(said);
        List<String> known = checks;
        return check.replaceAll(found -> {
            int number = Integer.parseInt(found.group(1));
            return Matcher.quoteReplacement(
                    "'" + (number <= known.size() ? known.get(number - 1) : found.group()) + "'");
        });
    }

    private static String column(String line) {
        return AUTO_INCREMENT.matcher(line.strip().replaceFirst(",$", "")).replaceFirst("$1 DEFAULT 0");
    }
}
