package dev.shoofly.database.postgres;

import dev.shoofly.model.ErrorKind;
import dev.shoofly.model.MigrationPlan;
import dev.shoofly.model.ShooflyException;
import java.sql.SQLException;
import org.jspecify.annotations.Nullable;
import org.postgresql.util.PSQLException;
import org.postgresql.util.ServerErrorMessage;

/** Reads PostgreSQL's answers. */
final class PostgresErrors {
    /** What the server says when a lock was not had in time. */
    static final String LOCK_NOT_AVAILABLE = "55P03";

    private PostgresErrors() {}

    private static String state(SQLException error) {
        return String.valueOf(error.getSQLState());
    }

    /** Another row of the shadow holds the value of a unique or exclusion constraint. */
    static boolean isUniqueConflict(SQLException error) {
        return state(error).equals("23505") || state(error).equals("23P01");
    }

    /** The value itself does not fit. */
    static boolean isDataError(SQLException error) {
        String state = state(error);
        // 54000: too long for an index, among others.
        return state.startsWith("22") || state.equals("23502") || state.equals("23514") || state.equals("54000");
    }

    /** A value cannot be what the column's type asks for, or an expression has none. */
    static boolean isOfValue(SQLException error) {
        return state(error).startsWith("22");
    }

    static boolean isLockTimeout(SQLException error) {
        return state(error).equals(LOCK_NOT_AVAILABLE);
    }

    static boolean isLockConflict(SQLException error) {
        return isLockTimeout(error)
                || state(error).equals("40P01")
                || state(error).equals("40001");
    }

    /** No unique index is on the columns of an ON CONFLICT. */
    static boolean isNoArbiter(SQLException error) {
        return state(error).equals("42P10");
    }

    /** A statement that was cancelled, by somebody or by a time-out of its own. */
    static boolean isCancelled(SQLException error) {
        return "57014".equals(error.getSQLState());
    }

    /** One of the names is gone: swapped, or the shadow was dropped. */
    static boolean isMissingTable(SQLException error) {
        return state(error).equals("42P01");
    }

    /** A table, its schema or a constraint of it does not go by that name (any more). */
    static boolean isGone(SQLException error) {
        return isMissingTable(error)
                || state(error).equals("42704")
                || state(error).equals("3F000");
    }

    static ShooflyException vanished(MigrationPlan plan, SQLException error) {
        return new ShooflyException(
                ErrorKind.SUPERSEDED,
                plan.shadow() + " or " + plan.source() + " is gone: the tables were swapped, or the migration "
                        + plan.id() + " was cancelled. Nothing was written.",
                error);
    }

    /** Null when the server names none. */
    static @Nullable String constraint(SQLException error) {
        ServerErrorMessage message = message(error);
        return message == null ? null : message.getConstraint();
    }

    /** Null when the server names none. */
    static @Nullable String column(SQLException error) {
        ServerErrorMessage message = message(error);
        return message == null ? null : message.getColumn();
    }

    /** The server's first sentence without the value that it may quote; what follows it can show the row. */
    static String saidWithoutValues(SQLException error) {
        ServerErrorMessage message = message(error);
        String said = String.valueOf(message == null ? error.getMessage() : message.getMessage());
        // Of values alone: what is quoted elsewhere is the name of a column or constraint.
        return (isOfValue(error) ? said.replaceAll("(?s)\".*\"", "…") : said) + " (SQLState " + error.getSQLState()
                + ")";
    }

    private static @Nullable ServerErrorMessage message(SQLException error) {
        return error instanceof PSQLException server ? server.getServerErrorMessage() : null;
    }
}
