package dev.shoofly.database.replay;

import dev.shoofly.model.RowKey;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** How a server is asked. Every method is called on one thread. */
public interface ReplayDialect {
    /**
     * A session as an application has it: with the server's own settings, and not those of the pipeline, under which plans and
     * times would be others.
     *
     * @param timeout after which the server ends a statement
     */
    Connection connect(Duration timeout) throws SQLException;

    /** Begins a transaction that cannot write, with a snapshot of this moment, and in which the time stands still. */
    void begin(Connection connection) throws SQLException;

    /** Ends it. */
    void rollback(Connection connection) throws SQLException;

    /** Leaves the transaction usable after an error. */
    Guard guard(Connection connection) throws SQLException;

    /** Undoes what an error did to the transaction. */
    @FunctionalInterface
    interface Guard {
        void recover() throws SQLException;
    }

    /** Outside any transaction; leaves none. Runs nothing of the statement. */
    Judgement judge(Connection connection, String statement) throws SQLException;

    /**
     * What stands for a table.
     *
     * @param values to be bound, in order, once for each place
     */
    record TableText(String sql, List<Object> values) {
        public TableText {
            values = List.copyOf(values);
        }
    }

    /**
     * What is put in the place of a table's name.
     *
     * @param without rows that are left out; empty: the table itself
     */
    TableText table(Table table, List<RowKey> without);

    /** A value of the row as text. */
    @Nullable
    String value(ResultSet row, int column) throws SQLException;

    /** How the server would carry it out: kinds of steps and columns of the indexes, without costs and names of ours. */
    String planShape(Connection connection, String statement) throws SQLException;

    /** A statement's text has a name or operation that is not there. */
    boolean isAboutNames(SQLException error);

    /**
     * Statements that applications ran on the server, most frequent first.
     *
     * @throws dev.shoofly.model.ShooflyException REFUSED when the server keeps none
     */
    Sample recent(Connection connection, int most) throws SQLException;

    /**
     * What the server keeps.
     *
     * @param withoutValues statements about the table that cannot be run, because the server does not keep their values
     */
    record Sample(List<String> statements, int withoutValues) {
        public Sample {
            statements = List.copyOf(statements);
        }
    }

    /** The statements of a file: between semicolons where it has any, else one in each line. */
    List<String> split(String text);
}
