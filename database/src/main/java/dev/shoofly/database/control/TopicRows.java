package dev.shoofly.database.control;

import dev.shoofly.database.connection.ConnectionPool;
import dev.shoofly.model.MigrationId;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.util.Optional;

/** {@code shoofly.topic_use}: how large a migration's changes topic was when its owner looked last. */
public final class TopicRows {
    private final ConnectionPool pool;

    TopicRows(ConnectionPool pool) {
        this.pool = pool;
    }

    /** Saves what the owner of this epoch measured; nothing when it is deposed. */
    public void save(MigrationId id, long epoch, TopicUse use) {
        pool.inTransaction("saving the size of the topic of migration " + id, connection -> {
            if (!MigrationRows.isOwnedUnder(connection, id, epoch)) {
                return false;
            }
            Object[] values = {use.records(), use.bytes(), use.backlog(), id.value()};
            int changed = Sql.update(
                    connection,
                    "UPDATE shoofly.topic_use SET records = ?, bytes = ?, backlog = ?,"
                            + " measured_at = CURRENT_TIMESTAMP(3) WHERE migration_id = ?",
                    values);
            if (changed == 0) {
                Sql.update(
                        connection,
                        "INSERT INTO shoofly.topic_use (records, bytes, backlog, migration_id) VALUES (?, ?, ?, ?)",
                        values);
            }
            return true;
        });
    }

    /** Empty before the first look and after the migration's end. */
    public Optional<TopicUse> find(MigrationId id) {
        return pool.with("reading the size of the topic of migration " + id, connection -> {
            try (PreparedStatement statement = Sql.prepare(
                            connection,
                            "SELECT records, bytes, backlog FROM shoofly.topic_use WHERE migration_id = ?",
                            id.value());
                    ResultSet row = statement.executeQuery()) {
                return row.next()
                        ? Optional.of(new TopicUse(row.getLong(1), row.getLong(2), row.getLong(3)))
                        : Optional.empty();
            }
        });
    }
}
