package dev.shoofly.database;

import dev.shoofly.database.connection.ConnectionProfile;
import dev.shoofly.database.mysql.MySqlDatabase;
import dev.shoofly.database.postgres.PostgresDatabase;
import dev.shoofly.model.FaultPoints;

/** Opens the dialect that a URL asks for. */
public final class Databases {
    private Databases() {}

    /**
     * Connects at the first use, not here.
     *
     * @param workers most connections of the pipeline at a time
     */
    public static Database open(ConnectionProfile profile, int workers, FaultPoints faultPoints) {
        return switch (profile.kind()) {
            case MYSQL -> new MySqlDatabase(profile, workers, faultPoints);
            case POSTGRES -> new PostgresDatabase(profile, workers, faultPoints);
        };
    }
}
