package dev.shoofly.database.postgres;

import dev.shoofly.database.MisfitsAside;
import dev.shoofly.database.connection.ConnectionPool;
import dev.shoofly.database.postgres.PostgresKeys.Side;
import dev.shoofly.model.KeyRange;
import dev.shoofly.model.MigrationPlan;
import dev.shoofly.model.RowKey;
import java.sql.PreparedStatement;
import java.util.ArrayList;
import java.util.List;

/** Keys of both sides, without a look at the rest of the rows. Thread-safe. */
final class KeysInRange implements MisfitsAside.Keys {
    private final ConnectionPool pool;
    private final MigrationPlan plan;
    private final PostgresKeys keys;

    KeysInRange(ConnectionPool pool, MigrationPlan plan) {
        this.pool = pool;
        this.plan = plan;
        this.keys = new PostgresKeys(plan.key());
    }

    @Override
    public List<RowKey> in(KeyRange range) {
        PostgresProjection projection = new PostgresProjection(plan);
        List<RowKey> found = new ArrayList<>(side(Side.SOURCE, projection.source(), range));
        found.addAll(side(Side.SHADOW, projection.shadow(), range));
        return found;
    }

    private List<RowKey> side(Side side, String table, KeyRange range) {
        String sql = "SELECT " + keys.texts(side, "k") + " FROM " + table + " AS k WHERE "
                + keys.within(side, "k", range) + " ORDER BY " + keys.columns(side, "k");
        return pool.with("listing keys of " + table, connection -> {
            try (PreparedStatement statement = connection.prepareStatement(sql)) {
                keys.bind(statement, 1, range);
                return keys.readAll(statement);
            }
        });
    }
}
