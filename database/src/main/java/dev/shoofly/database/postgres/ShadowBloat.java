package dev.shoofly.database.postgres;

import static dev.shoofly.database.postgres.PostgresNames.quote;

import dev.shoofly.database.throttle.Reading;
import dev.shoofly.database.throttle.SignalKind;
import dev.shoofly.database.throttle.Words;
import dev.shoofly.model.TableName;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;

/** Dead rows of the shadow, which the applier leaves behind where rows change and vacuum takes away. */
final class ShadowBloat {
    static final String NAME = "the shadow";
    /** A share of a few rows says nothing. */
    private static final long FEWEST_ROWS = 10_000;

    private final TableName shadow;
    private final int limitPercent;

    ShadowBloat(TableName shadow, int limitPercent) {
        this.shadow = shadow;
        this.limitPercent = limitPercent;
    }

    List<Reading> readings(Connection connection) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(
                "SELECT sum(n_dead_tup), sum(n_live_tup) FROM pg_stat_all_tables WHERE relid IN "
                        + PartitionTree.MEMBERS + " HAVING count(*) > 0")) {
            statement.setString(1, quote(shadow));
            try (ResultSet row = statement.executeQuery()) {
                return row.next() ? List.of(reading(row.getLong(1), row.getLong(2))) : List.of();
            }
        }
    }

    Reading reading(long dead, long living) {
        double percent = 100.0 * dead / Math.max(FEWEST_ROWS, living);
        return Reading.of(
                SignalKind.BLOAT,
                NAME,
                percent,
                limitPercent,
                "has " + Words.count(dead) + " dead rows, " + Math.round(percent) + " % (limit " + limitPercent
                        + " %)");
    }
}
