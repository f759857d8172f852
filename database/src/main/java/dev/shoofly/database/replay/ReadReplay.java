package dev.shoofly.database.replay;

import dev.shoofly.database.connection.SqlErrors;
import dev.shoofly.database.replay.Answer.Column;
import dev.shoofly.database.replay.Answer.ValueKind;
import dev.shoofly.database.replay.ReplayDialect.TableText;
import dev.shoofly.model.RowKey;
import dev.shoofly.model.ShooflyException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.ResultSetMetaData;
import java.sql.SQLException;
import java.sql.Statement;
import java.sql.Types;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Runs reads on both tables of a migration, on one connection of its own. Nothing that it runs can write: what does more than read
 * is refused beforehand, and what is run runs in a READ ONLY transaction that is rolled back. One thread; close it.
 */
public final class ReadReplay implements AutoCloseable {
    /** Both answers are held at a time. */
    private static final int MOST_ROWS = 10_000;

    /** By which what was replayed is told from what applications ask, where the server keeps both. */
    private static final String TAG = "/* shoofly */ ";

    private static final int MOST_CHARACTERS = 16_000_000;

    private final ReplayDialect dialect;
    private final Connection connection;

    private ReadReplay(ReplayDialect dialect, Connection connection) {
        this.dialect = dialect;
        this.connection = connection;
    }

    /**
     * Connects.
     *
     * @param timeout after which the server ends a statement
     * @throws ShooflyException what the server says
     */
    public static ReadReplay open(ReplayDialect dialect, Duration timeout) {
        try {
            return new ReadReplay(dialect, dialect.connect(timeout));
        } catch (SQLException e) {
            throw failure("connecting to replay reads", e);
        }
    }

    /** The statements of a file. */
    public List<String> split(String text) {
        return dialect.split(text);
    }

    /**
     * Statements that applications ran on the server.
     *
     * @throws ShooflyException REFUSED when the server keeps none; what it says
     */
    public ReplayDialect.Sample recent(int most) {
        try {
            return dialect.recent(connection, most);
        } catch (SQLException e) {
            throw failure("asking the server for the statements that applications ran", e);
        }
    }

    /**
     * What is to become of a statement, of which nothing is run.
     *
     * @throws ShooflyException when the connection is lost
     */
    public Judgement judge(String statement) {
        try {
            return dialect.judge(connection, statement);
        } catch (SQLException e) {
            throw failure("looking over a statement", e);
        }
    }

    /**
     * Both answers, of one snapshot.
     *
     * @param first the side that is asked first: the second finds what both need in the server's memory
     */
    public Pair run(Read read, Table first) {
        try (Snapshot snapshot = snapshot()) {
            return snapshot.run(read, first, List.of());
        }
    }

    /**
     * Both answers.
     *
     * @param read asked of both tables
     */
    public record Pair(Read read, Answer source, Answer shadow) {
        public Comparison comparison() {
            return Comparison.of(read, source, shadow);
        }
    }

    /**
     * How the server would go about it; empty: it cannot tell.
     *
     * @throws ShooflyException when the connection is lost
     */
    public String plan(Read read, Table table) {
        Snapshot snapshot = snapshot();
        try {
            return dialect.planShape(
                    connection, read.over(dialect.table(table, List.of()).sql()));
        } catch (SQLException e) {
            if (SqlErrors.isConnectionLoss(e)) {
                throw failure("asking for a plan", e);
            }
            return "";
        } finally {
            snapshot.close();
        }
    }

    /** Both tables as they are now, for as long as it is open. */
    public Snapshot snapshot() {
        try {
            dialect.begin(connection);
            return new Snapshot();
        } catch (SQLException e) {
            throw failure("beginning a transaction that reads", e);
        }
    }

    /** Close it before anything else is asked. */
    public final class Snapshot implements AutoCloseable {
        private Snapshot() {}

        /**
         * Both answers.
         *
         * @param without rows that neither side is asked for
         */
        public Pair run(Read read, Table first, List<RowKey> without) {
            if (first == Table.SOURCE) {
                Answer source = answer(read, Table.SOURCE, without);
                return new Pair(read, source, answer(read, Table.SHADOW, without));
            }
            Answer shadow = answer(read, Table.SHADOW, without);
            return new Pair(read, answer(read, Table.SOURCE, without), shadow);
        }

        @Override
        public void close() {
            try {
                dialect.rollback(connection);
            } catch (SQLException e) {
                throw failure("ending a transaction that read", e);
            }
        }
    }

    private Answer answer(Read read, Table table, List<RowKey> without) {
        TableText text = dialect.table(table, without);
        long begun = System.nanoTime();
        try {
            ReplayDialect.Guard guard = dialect.guard(connection);
            begun = System.nanoTime();
            try {
                return rows(read, text, begun);
            } catch (SQLException e) {
                long nanos = System.nanoTime() - begun;
                if (SqlErrors.isConnectionLoss(e)) {
                    throw e;
                }
                guard.recover();
                return failed(e, nanos);
            }
        } catch (SQLException e) {
            throw failure("replaying a read", e);
        }
    }

    private Answer rows(Read read, TableText text, long begun) throws SQLException {
        String sql = TAG + read.over(text.sql());
        if (text.values().isEmpty()) {
            // Not prepared: a question mark may be an operator.
            try (Statement statement = connection.createStatement()) {
                statement.setMaxRows(MOST_ROWS + 1);
                try (ResultSet rows = statement.executeQuery(sql)) {
                    return rows(rows, begun);
                }
            }
        }
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
            statement.setMaxRows(MOST_ROWS + 1);
            int index = 1;
            for (int place = 0; place < read.places(); place++) {
                for (Object value : text.values()) {
                    statement.setObject(index++, value);
                }
            }
            try (ResultSet rows = statement.executeQuery()) {
                return rows(rows, begun);
            }
        }
    }

    private Answer rows(ResultSet rows, long begun) throws SQLException {
        ResultSetMetaData header = rows.getMetaData();
        List<Column> columns = new ArrayList<>();
        for (int i = 1; i <= header.getColumnCount(); i++) {
            columns.add(new Column(header.getColumnLabel(i), kind(header.getColumnType(i))));
        }
        List<List<@Nullable String>> found = new ArrayList<>();
        long characters = 0;
        while (rows.next() && found.size() <= MOST_ROWS && characters <= MOST_CHARACTERS) {
            List<@Nullable String> row = new ArrayList<>(columns.size());
            for (int i = 1; i <= columns.size(); i++) {
                String value = dialect.value(rows, i);
                characters += value == null ? 0 : value.length();
                row.add(value);
            }
            found.add(row);
        }
        boolean cut = found.size() > MOST_ROWS || characters > MOST_CHARACTERS;
        return new Answer.Rows(columns, found, cut, System.nanoTime() - begun);
    }

    private static ValueKind kind(int type) {
        return switch (type) {
            case Types.TINYINT, Types.SMALLINT, Types.INTEGER, Types.BIGINT, Types.DECIMAL, Types.NUMERIC ->
                ValueKind.EXACT_NUMBER;
            case Types.REAL, Types.FLOAT, Types.DOUBLE -> ValueKind.FLOATING;
            case Types.TIME, Types.TIMESTAMP, Types.TIME_WITH_TIMEZONE, Types.TIMESTAMP_WITH_TIMEZONE -> ValueKind.TIME;
            default -> ValueKind.TEXT;
        };
    }

    /** Errors about names tell no values; the words of all others may. */
    private Answer failed(SQLException error, long nanos) {
        boolean names = dialect.isAboutNames(error);
        String words = names
                ? SqlErrors.serverSaid(error)
                : "an error (SQLState " + error.getSQLState()
                        + (error.getErrorCode() == 0 ? "" : ", error " + error.getErrorCode()) + ")";
        return new Answer.Failed(names, words.lines().findFirst().orElse(words), nanos);
    }

    private static ShooflyException failure(String what, SQLException error) {
        return new ShooflyException(
                SqlErrors.kind(error),
                what + " failed: " + SqlErrors.serverSaid(error) + ". Nothing was changed.",
                error);
    }

    @Override
    public void close() {
        try {
            connection.close();
        } catch (SQLException e) {
            throw failure("closing the connection that replays reads", e);
        }
    }
}
