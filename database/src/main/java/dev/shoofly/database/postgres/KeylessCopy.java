package dev.shoofly.database.postgres;

import dev.shoofly.database.connection.Transactions;
import dev.shoofly.database.control.Segment;
import dev.shoofly.database.control.SegmentRows;
import dev.shoofly.model.ErrorKind;
import dev.shoofly.model.FaultPoints;
import dev.shoofly.model.KeyRange;
import dev.shoofly.model.RowKey;
import dev.shoofly.model.ShooflyException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.Objects;
import java.util.OptionalLong;

/**
 * copy(range) into a shadow without its key, see {@link LateKey}. Nothing keeps a row from being copied twice there but the
 * segment's position: it is read under the segment's lock, and moved by the transaction that writes the rows.
 */
final class KeylessCopy {
    private final LateKey key;
    private final PostgresProjection projection;
    private final PostgresKeys keys;
    private final FaultPoints faultPoints;

    KeylessCopy(LateKey key, PostgresProjection projection, PostgresKeys keys, FaultPoints faultPoints) {
        this.key = key;
        this.projection = projection;
        this.keys = keys;
        this.faultPoints = faultPoints;
    }

    /**
     * In one transaction with the checkpoint. Repeatable: a chunk whose commit was not heard of is not copied again.
     *
     * @return rows inserted; empty: the shadow has its key, and nothing was done
     * @throws ShooflyException SUPERSEDED when the segment is another's, or stands elsewhere than this chunk
     */
    OptionalLong copy(Connection connection, Segment segment, KeyRange chunk, boolean last) throws SQLException {
        return Transactions.run(connection, open -> {
            RowKey saved = SegmentRows.lock(open, segment);
            // Under the lock: the key is taken away before there are segments, and built when all of them are done.
            if (!key.isMissing(open)) {
                return OptionalLong.empty();
            }
            RowKey position = saved == null ? segment.range().lowerExclusive() : saved;
            if (Objects.equals(position, chunk.upperInclusive())) {
                if (last) {
                    SegmentRows.checkpoint(open, segment, Objects.requireNonNull(position), 0, true);
                }
                return OptionalLong.of(0);
            }
            if (!Objects.equals(position, chunk.lowerExclusive())) {
                throw new ShooflyException(
                        ErrorKind.SUPERSEDED,
                        "segment " + segment.number() + " of migration " + segment.migration() + " stands at key "
                                + position + ", not at " + chunk.lowerExclusive()
                                + ": a commit was not heard of, another worker went on with it, or the server has lost"
                                + " a part of the copy. It is copied from there");
            }
            long rows;
            try (PreparedStatement statement = open.prepareStatement(projection.copy(keys, chunk))) {
                keys.bind(statement, 1, chunk);
                rows = statement.executeLargeUpdate();
            }
            SegmentRows.checkpoint(open, segment, Objects.requireNonNull(chunk.upperInclusive()), rows, last);
            faultPoints.reach("copy.before-commit");
            return OptionalLong.of(rows);
        });
    }
}
