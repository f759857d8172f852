package dev.shoofly.database.disk;

import dev.shoofly.database.connection.ConnectionPool;
import dev.shoofly.model.ErrorKind;
import dev.shoofly.model.ShooflyException;
import java.math.BigDecimal;
import java.sql.ResultSet;
import java.sql.Statement;
import java.util.Optional;

/** The operator's own query for the free bytes of the server's disk. */
public final class FreeSpaceQuery {
    private static final int LONGEST_SECONDS = 10;

    private FreeSpaceQuery() {}

    /** @throws ShooflyException REFUSED when it yields anything but one number that is not negative */
    public static long run(ConnectionPool pool, String query) {
        Optional<BigDecimal> found = pool.with("running the disk query '" + query + "'", connection -> {
            try (Statement statement = connection.createStatement()) {
                statement.setQueryTimeout(LONGEST_SECONDS);
                try (ResultSet rows = statement.executeQuery(query)) {
                    return rows.next() ? Optional.ofNullable(rows.getBigDecimal(1)) : Optional.empty();
                }
            }
        });
        BigDecimal free = found.filter(number -> number.signum() >= 0)
                .orElseThrow(() -> new ShooflyException(
                        ErrorKind.REFUSED,
                        "the disk query '" + query + "' yields "
                                + found.map(BigDecimal::toPlainString).orElse("nothing")
                                + ": expected one number, the free bytes of the server's disk"));
        return free.min(BigDecimal.valueOf(Long.MAX_VALUE)).longValue();
    }
}
