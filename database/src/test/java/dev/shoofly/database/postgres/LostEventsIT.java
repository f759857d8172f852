package dev.shoofly.database.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import dev.shoofly.database.control.EventRows;
import dev.shoofly.model.MigrationId;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import org.junit.jupiter.api.Test;
import org.postgresql.PGConnection;

/** What becomes visible late is announced late, not never; and listeners on the server hear of it. */
class LostEventsIT {
    private static final String LINE =
            "INSERT INTO shoofly.migration_log (migration_id, event, detail) VALUES ('k3mz8q2x', '%s', 'd')";

    @Test
    void aLineThatIsCommittedBehindLaterOnesIsStillAnnounced() throws SQLException {
        MigrationId id = new MigrationId("k3mz8q2x");
        try (Lab lab = Lab.open();
                Connection listening = lab.connect();
                Connection late = lab.connect();
                Statement first = late.createStatement()) {
            EventRows events = lab.database.control().events();
            late.setAutoCommit(false);
            first.execute(LINE.formatted("READY"));
            lab.run(LINE.formatted("FORCED"));
            assertThat(events.open(id)).extracting(EventRows.Line::name).containsExactly("FORCED");
            events.announced(events.open(id).get(0).entry());
            late.commit();
            assertThat(events.open(id)).extracting(EventRows.Line::name).containsExactly("READY");
            events.announced(events.open(id).get(0).entry());
            assertThat(events.open(id)).isEmpty();

            try (Statement statement = listening.createStatement()) {
                statement.execute("LISTEN shoofly");
                events.notifyListeners("{\"n\": 1}");
                Waits.until(() -> heard(listening));
            }
        }
    }

    private static boolean heard(Connection listening) {
        try {
            var notifications = listening.unwrap(PGConnection.class).getNotifications(100);
            return notifications != null
                    && notifications.length == 1
                    && notifications[0].getParameter().equals("{\"n\": 1}");
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }
}
