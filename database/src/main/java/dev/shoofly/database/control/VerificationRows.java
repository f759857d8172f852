package dev.shoofly.database.control;

import dev.shoofly.database.connection.ConnectionPool;
import dev.shoofly.model.MigrationId;
import dev.shoofly.model.RowKey;
import dev.shoofly.model.ShooflyException;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** {@code shoofly.verification}: how far the verification of each migration has come, written by its owner alone. */
public final class VerificationRows {
    private final ConnectionPool pool;

    VerificationRows(ConnectionPool pool) {
        this.pool = pool;
    }

    /** @throws ShooflyException SUPERSEDED when the epoch is another; nothing was written */
    public void save(MigrationId id, long epoch, VerificationState state) {
        pool.inTransaction("saving how far the verification of migration " + id + " is", connection -> {
            MigrationRows.requireOwnedUnder(connection, id, epoch);
            @Nullable
            Object[] values = {
                Json.writeKey(state.after()),
                state.swept() ? 1 : 0,
                Json.write(inOrder(state.offsets())),
                Json.write(state.open().stream().map(RowKey::values).toList()),
                state.marker(),
                state.rows(),
                state.repaired(),
                id.value()
            };
            int changed = Sql.update(
                    connection,
                    "UPDATE shoofly.verification SET position_key = ?, swept = ?, offsets = ?, open_keys = ?, marker = ?,"
                            + " rows_compared = ?, repaired = ?, updated_at = CURRENT_TIMESTAMP(3) WHERE migration_id = ?",
                    values);
            return changed > 0
                    ? changed
                    : Sql.update(
                            connection,
                            "INSERT INTO shoofly.verification (position_key, swept, offsets, open_keys, marker,"
                                    + " rows_compared, repaired, migration_id) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                            values);
        });
    }

    /** The next verification begins anew. */
    public void forget(MigrationId id) {
        pool.with(
                "forgetting how far the verification of migration " + id + " is",
                connection ->
                        Sql.update(connection, "DELETE FROM shoofly.verification WHERE migration_id = ?", id.value()));
    }

    /** Empty before the first verification and after the migration's end. */
    public Optional<VerificationState> find(MigrationId id) {
        return pool.with("reading how far the verification of migration " + id + " is", connection -> {
            try (PreparedStatement statement = Sql.prepare(
                            connection, "SELECT * FROM shoofly.verification WHERE migration_id = ?", id.value());
                    ResultSet row = statement.executeQuery()) {
                return row.next() ? Optional.of(read(row)) : Optional.empty();
            }
        });
    }

    private static long[] inOrder(Map<Integer, Long> offsets) {
        return IntStream.range(0, offsets.size())
                .mapToLong(partition -> Objects.requireNonNull(offsets.get(partition)))
                .toArray();
    }

    private static VerificationState read(ResultSet row) throws SQLException {
        long[] saved = Json.read(row.getString("offsets"), long[].class);
        Map<Integer, Long> offsets = new LinkedHashMap<>();
        for (int partition = 0; partition < saved.length; partition++) {
            offsets.put(partition, saved[partition]);
        }
        List<RowKey> open = Stream.of(Json.read(row.getString("open_keys"), String[][].class))
                .map(values -> new RowKey(List.of(values)))
                .toList();
        return new VerificationState(
                Json.readKey(row.getString("position_key")),
                row.getInt("swept") == 1,
                offsets,
                open,
                row.getLong("marker"),
                row.getLong("rows_compared"),
                row.getLong("repaired"));
    }
}
