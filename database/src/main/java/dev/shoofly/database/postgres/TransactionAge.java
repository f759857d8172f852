package dev.shoofly.database.postgres;

import dev.shoofly.database.throttle.Reading;
import dev.shoofly.database.throttle.SignalKind;
import dev.shoofly.database.throttle.Words;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;

/** How far the oldest transaction id is from the present one: near two billion the server stops to accept writes. */
final class TransactionAge {
    static final String NAME = "transaction ids";
    private final long limit;

    TransactionAge(long limit) {
        this.limit = limit;
    }

    List<Reading> readings(Connection connection) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement("SELECT datname, age(datfrozenxid)::bigint"
                        + " FROM pg_database ORDER BY age(datfrozenxid) DESC LIMIT 1");
                ResultSet row = statement.executeQuery()) {
            if (!row.next()) {
                return List.of();
            }
            long age = row.getLong(2);
            return List.of(Reading.of(
                    SignalKind.TRANSACTION_AGE,
                    NAME,
                    age,
                    limit,
                    "of database " + row.getString(1) + " go back " + Words.count(age) + " (limit " + Words.count(limit)
                            + "): vacuum does not keep up"));
        }
    }
}
