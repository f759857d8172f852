package dev.shoofly.database.mysql;

import dev.shoofly.database.StatementTag;
import dev.shoofly.database.connection.ConnectionPool;
import dev.shoofly.database.connection.Pause;
import dev.shoofly.model.ErrorKind;
import dev.shoofly.model.NativeStep;
import dev.shoofly.model.ShooflyException;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;

/**
 * Ends what a dead process, or a lost connection of this one, left running: the server does not notice that its client is
 * gone, and would alter the table after everybody has looked and found that it is not altered.
 */
final class OrphanStatements {
    private static final Duration GONE_WITHIN = Duration.ofSeconds(60);
    private static final Duration LOOK_EVERY = Duration.ofMillis(50);
    private static final int NO_SUCH_THREAD = 1094;
    /** Sessions of ours only; and not those that are looking, whose statement contains the text as well. */
    private static final String SESSIONS = """
            SELECT t.processlist_id FROM performance_schema.threads t
            JOIN performance_schema.session_connect_attrs a ON a.processlist_id = t.processlist_id
            WHERE a.attr_name = 'program_name' AND a.attr_value = ? AND t.processlist_id <> CONNECTION_ID()
              AND t.processlist_info NOT LIKE '%session_connect_attrs%' AND INSTR(t.processlist_info, ?) > 0
            """;

    private OrphanStatements() {}

    /** @throws ShooflyException TRANSIENT when one does not end in time */
    static void end(Connection connection, List<NativeStep> steps) throws SQLException {
        for (NativeStep step : steps) {
            for (String statement : step.statements()) {
                end(connection, statement);
            }
        }
    }

    private static void end(Connection connection, String statement) throws SQLException {
        long giveUpAt = System.nanoTime() + GONE_WITHIN.toNanos();
        String tag = StatementTag.in(statement);
        while (true) {
            List<Long> sessions =
                    SqlText.of(SESSIONS, MySqlSession.PROGRAM, tag).list(connection, row -> row.getLong(1));
            if (sessions.isEmpty()) {
                return;
            }
            if (System.nanoTime() > giveUpAt) {
                throw new ShooflyException(
                        ErrorKind.TRANSIENT,
                        "session " + sessions
                                + " of the server still works at what a dead process asked for, and does not" + " end: "
                                + statement);
            }
            for (long session : sessions) {
                kill(connection, session);
            }
            Pause.exactly(LOOK_EVERY, "waiting for the end of a dead process's statement");
        }
    }

    private static void kill(Connection connection, long session) throws SQLException {
        try {
            ConnectionPool.execute(connection, "KILL " + session);
        } catch (SQLException e) {
            if (e.getErrorCode() != NO_SUCH_THREAD) {
                throw e;
            }
        }
    }
}
