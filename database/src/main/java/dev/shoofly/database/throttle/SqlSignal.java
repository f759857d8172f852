package dev.shoofly.database.throttle;

import dev.shoofly.database.connection.SqlErrors;
import dev.shoofly.database.connection.SqlWork;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;

/** A signal that the server answers itself. */
public final class SqlSignal implements LoadSignal {
    private final SignalKind kind;
    private final String name;
    private final Duration every;
    private final LoadConnection connection;
    private final SqlWork<List<Reading>> measure;
    private final OnError onError;

    /** What an answer means that is an error, with the connection still there. */
    public enum OnError {
        /** Nobody asked for this signal by name: it is left out, and people are told. */
        LEAVE_OUT,
        /** Somebody relies on it. */
        STOP
    }

    public SqlSignal(
            SignalKind kind,
            String name,
            Duration every,
            LoadConnection connection,
            OnError onError,
            SqlWork<List<Reading>> measure) {
        this.kind = kind;
        this.name = name;
        this.every = every;
        this.connection = connection;
        this.onError = onError;
        this.measure = measure;
    }

    @Override
    public List<Reading> read() {
        try {
            return connection.with(measure);
        } catch (SQLException e) {
            String said = Words.oneLine(e);
            if (SqlErrors.isConnectionLoss(e)) {
                return List.of(Reading.stop(SignalKind.SILENCE, "the server", "does not say how busy it is: " + said));
            }
            return List.of(
                    switch (onError) {
                        case LEAVE_OUT -> Reading.unknown(kind, name, "is not measured: " + said);
                        case STOP -> Reading.stop(kind, name, "cannot be measured: " + said);
                    });
        }
    }

    @Override
    public Duration every() {
        return every;
    }
}
