package dev.shoofly.database.connection;

import dev.shoofly.model.ErrorKind;
import dev.shoofly.model.ShooflyException;
import java.sql.SQLException;
import java.sql.SQLNonTransientConnectionException;
import java.sql.SQLRecoverableException;
import java.sql.SQLTransientConnectionException;
import java.util.regex.Pattern;

/** Says what kind of error a server's answer is. */
public final class SqlErrors {
    private static final Pattern DISK_FULL = Pattern.compile(
            "err(no|or):? (28|122)\\b|no space left on device|disk quota exceeded", Pattern.CASE_INSENSITIVE);

    private SqlErrors() {}

    /** The connection is gone or could not be had; the server may be restarting. */
    public static boolean isConnectionLoss(Throwable error) {
        for (Throwable at = error; at != null; at = at.getCause()) {
            if (at instanceof SQLRecoverableException
                    || at instanceof SQLNonTransientConnectionException
                    || at instanceof SQLTransientConnectionException) {
                return !isRefusedLogin(at);
            }
            if (at instanceof SQLException sql && isConnectionState(sql)) {
                return true;
            }
        }
        return false;
    }

    /** Trying the same again may succeed: a lost connection, a deadlock, a lock time-out, a serialization failure. */
    public static boolean isTransient(Throwable error) {
        if (isConnectionLoss(error)) {
            return true;
        }
        for (Throwable at = error; at != null; at = at.getCause()) {
            if (at instanceof ShooflyException known) {
                return known.kind() == ErrorKind.TRANSIENT;
            }
            if (at instanceof SQLException sql && isContention(sql)) {
                return true;
            }
        }
        return false;
    }

    /**
     * A disk of the server is full. MySQL says so of a table that cannot grow; a binary log that cannot makes it wait
     * without a word: see {@link dev.shoofly.database.CommitWatch}.
     */
    public static boolean isDiskFull(Throwable error) {
        for (Throwable at = error; at != null; at = at.getCause()) {
            if (at instanceof ShooflyException known && known.kind() == ErrorKind.NO_SPACE) {
                return true;
            }
            if (at instanceof SQLException sql && isDiskFull(sql)) {
                return true;
            }
        }
        return false;
    }

    /** What an error of the server asks for: TRANSIENT, NO_SPACE or REFUSED. */
    public static ErrorKind kind(Throwable error) {
        if (isTransient(error)) {
            return ErrorKind.TRANSIENT;
        }
        return isDiskFull(error) ? ErrorKind.NO_SPACE : ErrorKind.REFUSED;
    }

    private static boolean isDiskFull(SQLException error) {
        String state = String.valueOf(error.getSQLState());
        return switch (error.getErrorCode()) {
            // MySQL: disk full, the table is full, a temporary file cannot be written, no room for a new table
            case 1021, 1114, 1878, 3675 -> true;
            // MySQL: an operation on a file failed; only the operating system's number tells why
            case 3, 1004, 1005, 1006, 1026, 1030, 1598 -> saysDiskFull(error);
            // PostgreSQL has no number; a quota that is used up is an internal error to it
            default -> state.equals("53100") || state.equals("XX000") && saysDiskFull(error);
        };
    }

    private static boolean saysDiskFull(SQLException error) {
        return DISK_FULL.matcher(String.valueOf(error.getMessage())).find();
    }

    private static boolean isContention(SQLException error) {
        String state = String.valueOf(error.getSQLState());
        int code = error.getErrorCode();
        return switch (state) {
            case "40001", "40P01", "55P03" -> true;
            // MySQL: deadlock, lock wait time-out, query interrupted by our own watchdog
            default -> code == 1213 || code == 1205 || code == 1317;
        };
    }

    private static boolean isConnectionState(SQLException error) {
        String state = String.valueOf(error.getSQLState());
        return switch (state) {
            // PostgreSQL: shut down, crashed, starting up, idle too long in a transaction or at all, too many
            // connections
            case "57P01", "57P02", "57P03", "25P03", "57P05", "53300" -> true;
            // MySQL: server shutdown in progress, too many connections for the moment
            default ->
                state.startsWith("08") && !isRefusedLogin(error)
                        || error.getErrorCode() == 1053
                        || error.getErrorCode() == 1040;
        };
    }

    private static boolean isRefusedLogin(Throwable error) {
        for (Throwable at = error; at != null; at = at.getCause()) {
            if (at instanceof SQLException sql) {
                String state = String.valueOf(sql.getSQLState());
                if (state.startsWith("28") || state.startsWith("3D") || sql.getErrorCode() == 1049) {
                    return true;
                }
            }
        }
        return false;
    }

    /** For messages: the server's words with its SQLState. */
    public static String serverSaid(SQLException error) {
        // The pool's own words tell only that it waited; what the server said is behind them.
        if (error instanceof SQLTransientConnectionException && error.getCause() instanceof SQLException cause) {
            return serverSaid(cause);
        }
        return error.getMessage() + " (SQLState " + error.getSQLState()
                + (error.getErrorCode() == 0 ? "" : ", error " + error.getErrorCode()) + ")";
    }
}
