package dev.shoofly.capture;

import dev.shoofly.database.connection.ConnectionProfile;
import dev.shoofly.model.MigrationPlan;
import java.time.Duration;

/**
 * What one capture needs to know.
 *
 * @param start whether a saved position must exist
 * @param heartbeat interval at which an idle server still gives a sign; a capture without one for a while is dead
 * @param kafkaOutage longest absence of Kafka that is waited out
 * @param closeTimeout longest time that {@link CaptureEngine#close} takes
 */
public record CaptureSettings(
        MigrationPlan plan,
        ConnectionProfile connection,
        String bootstrapServers,
        Start start,
        Duration heartbeat,
        Duration kafkaOutage,
        Duration closeTimeout) {

    /** Where to begin in the database's log. */
    public enum Start {
        /** The first time; or anew before anything was copied. Without a saved position, at the log's (slot's) end. */
        FRESH,
        /** Where the last capture of this migration stopped; refused when that is not known any more. */
        RESUME
    }

    public static CaptureSettings of(
            MigrationPlan plan, ConnectionProfile connection, String bootstrapServers, Start start) {
        return new CaptureSettings(
                plan,
                connection,
                bootstrapServers,
                start,
                Duration.ofSeconds(2),
                Duration.ofMinutes(10),
                Duration.ofSeconds(30));
    }
}
