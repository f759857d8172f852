package dev.shoofly.database.throttle;

import dev.shoofly.database.connection.SqlErrors;
import dev.shoofly.database.control.MarkerRows;
import dev.shoofly.model.MigrationId;
import dev.shoofly.model.ShooflyException;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * The lag of one replica, read there: by how much the marker that it shows is older than the one that it lacks. Keeps its
 * connection.
 */
public final class ReplicaSession implements LoadSignal {
    private static final Duration EVERY = Duration.ofMillis(250);
    /** A replica that is away is not knocked at more often. */
    private static final Duration TRY_AGAIN_AFTER = Duration.ofSeconds(3);

    private final String name;
    private final LoadConnection connection;
    private final MigrationId migration;
    private final LagLimit limit;
    private final Heartbeats heartbeats;
    private boolean reached;
    private Optional<Reading> failure = Optional.empty();
    private long failedAt;

    /** @param address without credentials, for people */
    public ReplicaSession(
            String address,
            LoadConnection.Opener opener,
            MigrationId migration,
            LagLimit limit,
            Heartbeats heartbeats) {
        this.name = "replica " + address.replaceFirst("^jdbc:\\w+://([^/]*)/.*", "$1");
        this.connection = new LoadConnection(opener);
        this.migration = migration;
        this.limit = limit;
        this.heartbeats = heartbeats;
    }

    /** Whether the last look got through to it. */
    public boolean isReached() {
        return reached;
    }

    /** Exactly one reading. */
    @Override
    public List<Reading> read() {
        if (failure.isPresent() && System.nanoTime() - failedAt < TRY_AGAIN_AFTER.toNanos()) {
            return List.of(failure.get());
        }
        try {
            long seen = connection.with(open -> MarkerRows.read(open, migration));
            Duration lag = heartbeats.behind(seen, System.nanoTime());
            reached = true;
            failure = Optional.empty();
            return List.of(limit.reading(name, lag));
        } catch (SQLException e) {
            if (isMissing(e)) {
                return List.of(withoutMarkers());
            }
            reached = !SqlErrors.isConnectionLoss(e);
            return List.of(failed(
                    reached
                            ? "does not show how far it is: " + SqlErrors.serverSaid(e)
                            : "cannot be reached: " + SqlErrors.serverSaid(e)));
        } catch (ShooflyException e) {
            reached = false;
            return List.of(failed("cannot be asked: " + e.getMessage()));
        }
    }

    /** Neither database nor table is there: the replica lags behind their creation, or filters them out. */
    private static boolean isMissing(SQLException error) {
        String state = String.valueOf(error.getSQLState());
        return error.getErrorCode() == 1049 || state.equals("42S02") || state.equals("42P01") || state.equals("3F000");
    }

    private Reading withoutMarkers() {
        reached = true;
        failure = Optional.empty();
        Reading reading = limit.reading(name, heartbeats.behind(-1, System.nanoTime()));
        return new Reading(
                reading.kind(),
                reading.name(),
                reading.pressure(),
                reading.words() + ": it has no shoofly.markers yet, or does not replicate it");
    }

    private Reading failed(String words) {
        Reading reading = Reading.stop(SignalKind.REPLICA_LAG, name, words.replaceAll("\\s*\\R\\s*", " "));
        failure = Optional.of(reading);
        failedAt = System.nanoTime();
        return reading;
    }

    /** Why a replica cannot be asked from here; empty when it can. */
    public static Optional<String> unreachable(LoadConnection.Opener opener) {
        Optional<String> first = tryOnce(opener);
        // Once is an accident: somebody would have to name replicas because of it.
        return first.isEmpty() ? first : tryOnce(opener);
    }

    private static Optional<String> tryOnce(LoadConnection.Opener opener) {
        try (Connection open = opener.open()) {
            return open.isValid((int) LoadConnection.PATIENCE.toSeconds())
                    ? Optional.empty()
                    : Optional.of("does not answer");
        } catch (SQLException e) {
            return Optional.of("cannot be reached: " + SqlErrors.serverSaid(e).replaceAll("\\s*\\R\\s*", " "));
        } catch (ShooflyException e) {
            return Optional.of("cannot be used: " + e.getMessage());
        }
    }

    @Override
    public Duration every() {
        return EVERY;
    }

    @Override
    public void close() {
        connection.close();
    }
}
