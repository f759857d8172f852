package dev.shoofly.database;

import dev.shoofly.database.connection.SqlErrors;
import dev.shoofly.database.throttle.ThrottleQuery;
import java.math.BigDecimal;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Reads single rows of a table by their keys, as an application would, on a connection of its own. Used by one thread; connects
 * at its first use.
 */
public final class Probe implements AutoCloseable {
    private static final int SAMPLE = 500;
    private static final int PATIENCE_SECONDS = 5;
    private final Opener opener;
    private final String table;
    private final List<Column> columns;
    private final List<List<Object>> keys = new ArrayList<>();
    private @Nullable Connection connection;
    private int next;

    /** Opens a session of ours. */
    @FunctionalInterface
    public interface Opener {
        Connection open() throws SQLException;
    }

    /**
     * A column of the key.
     *
     * @param read what gives its value
     * @param bind what a value is compared with, with one question mark
     */
    public record Column(String quoted, String read, String bind) {}

    /** @param table quoted */
    public Probe(Opener opener, String table, List<Column> columns) {
        this.opener = opener;
        this.table = table;
        this.columns = List.copyOf(columns);
    }

    /**
     * Reads one row, or none when it is gone.
     *
     * @return how long the server took for it, without what this object needs before: a connection, keys to read by. Empty:
     *     the table has no row
     */
    public Optional<Duration> readOne() throws SQLException {
        try {
            Connection open = open();
            if (next >= keys.size()) {
                sample(open);
                next = 0;
            }
            return keys.isEmpty() ? Optional.empty() : Optional.of(read(open, keys.get(next++)));
        } catch (SQLException e) {
            forget(e);
            throw e;
        }
    }

    private Duration read(Connection open, List<Object> key) throws SQLException {
        String where = columns.stream()
                .map(column -> column.quoted() + " = " + column.bind())
                .collect(Collectors.joining(" AND "));
        try (PreparedStatement statement = open.prepareStatement("SELECT 1 FROM " + table + " WHERE " + where)) {
            statement.setQueryTimeout(PATIENCE_SECONDS);
            for (int i = 0; i < key.size(); i++) {
                statement.setObject(i + 1, key.get(i));
            }
            long begun = System.nanoTime();
            statement.executeQuery().close();
            return Duration.ofNanos(System.nanoTime() - begun);
        }
    }

    /** The first value of a query; no row and NULL count as 0. It can read only, whatever it says. */
    public BigDecimal value(String query) throws SQLException {
        try {
            return ThrottleQuery.value(open(), query);
        } catch (SQLException e) {
            forget(e);
            throw e;
        }
    }

    private void sample(Connection open) throws SQLException {
        keys.clear();
        String list = columns.stream().map(Column::read).collect(Collectors.joining(", "));
        try (PreparedStatement statement =
                open.prepareStatement("SELECT " + list + " FROM " + table + " LIMIT " + SAMPLE)) {
            statement.setQueryTimeout(PATIENCE_SECONDS);
            try (ResultSet rows = statement.executeQuery()) {
                while (rows.next()) {
                    keys.add(key(rows));
                }
            }
        }
    }

    private List<Object> key(ResultSet row) throws SQLException {
        List<Object> key = new ArrayList<>();
        for (int i = 1; i <= columns.size(); i++) {
            key.add(row.getObject(i));
        }
        return key;
    }

    private Connection open() throws SQLException {
        Connection open = connection;
        if (open == null || open.isClosed()) {
            open = opener.open();
            connection = open;
        }
        return open;
    }

    private void forget(SQLException error) {
        if (SqlErrors.isConnectionLoss(error)) {
            close();
        }
    }

    @Override
    public void close() {
        Connection open = connection;
        connection = null;
        if (open != null) {
            try {
                open.close();
            } catch (SQLException e) {
                // It is gone either way.
            }
        }
    }
}
