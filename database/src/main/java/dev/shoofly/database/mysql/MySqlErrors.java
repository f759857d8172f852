package dev.shoofly.database.mysql;

import java.sql.SQLException;

/** What the server's error numbers mean to the two operations. */
final class MySqlErrors {
    private static final int DUPLICATE_ENTRY = 1062;
    /** Of an ALTER only: somebody wrote the value while the ALTER waited for its last lock, and it was not kept. */
    private static final int DUPLICATE_UNKNOWN = 1859;
    /** Raised by the guards of the upsert and of the table lock; see {@link ReconcileSql} and {@link MySqlTableLock}. */
    private static final int OUT_OF_RANGE_EXPRESSION = 1690;

    /** A statement that would do something else on each server, which a log of rows does not take. */
    private static final int UNSAFE_FUNCTION = 1674;

    private MySqlErrors() {}

    /** What to do instead of an ALTER to which the server said this, as further sentences; empty: nothing is known. */
    static String alternative(SQLException error) {
        return error.getErrorCode() == UNSAFE_FUNCTION
                ? " A new column's default must give every server the same values for the rows that are there. Instead, each"
                        + " in a migration of its own: ADD COLUMN without this default, NULL allowed; ALTER COLUMN … SET"
                        + " DEFAULT (…), which is for new rows; then fill the old rows with UPDATEs of some thousand rows; and,"
                        + " if it is to be NOT NULL, MODIFY the column."
                : "";
    }

    /** A unique key of the shadow is in the way. */
    static boolean isUniqueConflict(SQLException error) {
        return isDuplicate(error) || error.getErrorCode() == OUT_OF_RANGE_EXPRESSION;
    }

    /** An expression that was made to overflow in order to end a series of statements. */
    static boolean isOverflow(SQLException error) {
        return error.getErrorCode() == OUT_OF_RANGE_EXPRESSION;
    }

    static boolean isDuplicate(SQLException error) {
        return error.getErrorCode() == DUPLICATE_ENTRY || error.getErrorCode() == DUPLICATE_UNKNOWN;
    }

    /** A deadlock or a lock time-out: the same may succeed at once. */
    static boolean isContention(SQLException error) {
        return error.getErrorCode() == 1213 || error.getErrorCode() == 1205;
    }

    /** A statement that was killed. */
    static boolean isInterrupted(SQLException error) {
        return error.getErrorCode() == 1317;
    }

    /** Or no such database: a shadow may have one of its own, which goes with it. */
    static boolean isNoSuchTable(SQLException error) {
        return error.getErrorCode() == 1146 || error.getErrorCode() == 1049;
    }

    static boolean isMissingPrivilege(SQLException error) {
        return error.getErrorCode() == 1227 || error.getErrorCode() == 1142 || error.getErrorCode() == 1044;
    }

    /** A value that the source holds does not fit where the projection puts it. */
    static boolean isData(SQLException error) {
        return switch (error.getErrorCode()) {
            // Not null, out of range, truncated, wrong value, too long, illegal value, invalid JSON, wrong geometry,
            // check constraint, no partition for the value, key part too long, functional index
            case 1048,
                    1264,
                    1265,
                    1292,
                    1364,
                    1366,
                    1367,
                    1406,
                    1411,
                    1441,
                    1525,
                    1526,
                    1416,
                    3140,
                    3141,
                    3156,
                    3643,
                    3751,
                    3752,
                    3819,
                    1690,
                    3903,
                    3907,
                    1300,
                    3854,
                    1301 -> true;
            default -> String.valueOf(error.getSQLState()).startsWith("22");
        };
    }
}
