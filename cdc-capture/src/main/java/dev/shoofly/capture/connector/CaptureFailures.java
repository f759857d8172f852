package dev.shoofly.capture.connector;

import com.github.shyiko.mysql.binlog.network.ServerException;
import dev.shoofly.database.connection.ConnectionProfile;
import dev.shoofly.database.connection.SqlErrors;
import dev.shoofly.model.ErrorKind;
import dev.shoofly.model.MigrationPlan;
import dev.shoofly.model.ShooflyException;
import java.io.IOException;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.RejectedExecutionException;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.errors.RetriableException;

/** Says in the operator's words why Debezium ended, and whether starting it anew may help. */
public final class CaptureFailures {
    private static final int ER_MASTER_FATAL_ERROR_READING_BINLOG = 1236;

    /**
     * What a server says on its way down or up. Debezium's check of its configuration connects too, and passes on the words
     * without the error that carries their code.
     */
    private static final List<String> COMES_BACK = List.of(
            "the database system is",
            "terminating connection",
            "connection refused",
            "connection reset",
            "server shutdown in progress",
            "too many clients",
            "too many connections");

    private static final String START_AGAIN = "Cancel the migration and start it again.";
    private static final String UNTOUCHED = " Nothing was skipped and the table is untouched. ";

    private final MigrationPlan plan;
    private final ConnectionProfile profile;

    public CaptureFailures(MigrationPlan plan, ConnectionProfile profile) {
        this.plan = plan;
        this.profile = profile;
    }

    public ShooflyException explain(Throwable error) {
        List<Throwable> chain = chain(error);
        for (Throwable each : chain) {
            if (each instanceof ShooflyException known) {
                return known;
            }
        }
        if (isLogGone(chain)) {
            return failure(
                    ErrorKind.REFUSED,
                    "the server no longer has its log from where the capture stopped (purged or reset): "
                            + reason(chain) + "." + UNTOUCHED + "The changes since then are gone from the log. "
                            + START_AGAIN,
                    error);
        }
        if (isLoginRefused(chain)) {
            return failure(
                    ErrorKind.REFUSED,
                    profile.host() + ":" + profile.port() + " refused user " + profile.user() + ": " + reason(chain)
                            + "." + UNTOUCHED + "Give the user its password or privileges and resume.",
                    error);
        }
        if (isConnectionLost(chain)) {
            return failure(
                    ErrorKind.TRANSIENT,
                    "the connection was lost: " + reason(chain) + "." + UNTOUCHED + "It goes on from where it stopped.",
                    error);
        }
        if (isLostRace(chain)) {
            return failure(
                    ErrorKind.TRANSIENT,
                    "Debezium stumbled over its own start: " + reason(chain) + "." + UNTOUCHED
                            + "It goes on from where it stopped.",
                    error);
        }
        return failure(ErrorKind.REFUSED, "Debezium ended: " + reason(chain) + "." + UNTOUCHED + START_AGAIN, error);
    }

    /**
     * It looks at its history's topic twice while it starts, the second time on threads that the first look puts away as soon as
     * it has ended (DBZ-3096, which checks for that and so made it rare).
     */
    private static boolean isLostRace(List<Throwable> chain) {
        return chain.stream().anyMatch(RejectedExecutionException.class::isInstance);
    }

    private ShooflyException failure(ErrorKind kind, String why, Throwable cause) {
        return new ShooflyException(kind, "the capture of " + plan.source() + " stopped: " + why, cause);
    }

    private static boolean isLogGone(List<Throwable> chain) {
        for (Throwable each : chain) {
            String said = said(each);
            boolean fatal = each instanceof ServerException server
                    && server.getErrorCode() == ER_MASTER_FATAL_ERROR_READING_BINLOG
                    && !isSuperseded(said);
            if (fatal
                    || said.contains("no longer available on the server")
                    || said.contains("can no longer get changes from replication slot")
                    || said.contains("requested wal segment")) {
                return true;
            }
        }
        return false;
    }

    /** Another capture of the same migration took the connection over. */
    private static boolean isSuperseded(String said) {
        return said.contains("same server_uuid") || said.contains("same server_id");
    }

    private static boolean isLoginRefused(List<Throwable> chain) {
        for (Throwable each : chain) {
            String said = said(each);
            if (each instanceof SQLException sql && isRefusal(String.valueOf(sql.getSQLState()))
                    || said.contains("access denied")
                    || said.contains("password authentication failed")
                    || said.contains("permission denied")) {
                return true;
            }
        }
        return false;
    }

    private static boolean isRefusal(String state) {
        return state.startsWith("28") || state.equals("42501");
    }

    private static boolean isConnectionLost(List<Throwable> chain) {
        for (Throwable each : chain) {
            String said = said(each);
            boolean slotInUse = each instanceof SQLException sql && "55006".equals(sql.getSQLState());
            if (slotInUse
                    || each instanceof IOException
                    || each instanceof RetriableException
                    || each instanceof InterruptException
                    || each instanceof org.apache.kafka.connect.errors.RetriableException
                    || SqlErrors.isTransient(each)
                    || said.contains("unable to connect")
                    || said.contains("communications link failure")
                    || COMES_BACK.stream().anyMatch(said::contains)
                    || isSuperseded(said)) {
                return true;
            }
        }
        return false;
    }

    private static String said(Throwable error) {
        return String.valueOf(error.getMessage()).toLowerCase(Locale.ROOT);
    }

    /** The innermost words: the outer ones are Debezium's layers. */
    private static String reason(List<Throwable> chain) {
        String reason = "";
        for (Throwable each : chain) {
            if (each.getMessage() != null && !each.getMessage().isBlank()) {
                reason = each.getMessage().strip();
            }
        }
        if (reason.isEmpty()) {
            return chain.get(chain.size() - 1).getClass().getSimpleName();
        }
        return reason.endsWith(".") ? reason.substring(0, reason.length() - 1) : reason;
    }

    private static List<Throwable> chain(Throwable error) {
        List<Throwable> chain = new ArrayList<>();
        for (Throwable at = error; at != null && !chain.contains(at); at = at.getCause()) {
            chain.add(at);
        }
        return chain;
    }
}
