package dev.shoofly.database.mysql;

import dev.shoofly.database.MisfitsAside;
import dev.shoofly.database.connection.ConnectionPool;
import dev.shoofly.model.KeyRange;
import dev.shoofly.model.RowKey;
import java.util.ArrayList;
import java.util.List;

/** Keys of both sides, without a look at the rest of the rows. Thread-safe. */
final class KeysInRange implements MisfitsAside.Keys {
    private final ConnectionPool pool;
    private final MigrationSql sql;

    KeysInRange(ConnectionPool pool, MigrationSql sql) {
        this.pool = pool;
        this.sql = sql;
    }

    @Override
    public List<RowKey> in(KeyRange range) {
        return pool.with("listing keys of " + sql.plan().source(), connection -> {
            List<RowKey> found = new ArrayList<>(
                    sql.sourceKeys(MigrationSql.Rows.of(range)).list(connection, sql.sourceKey()::read));
            found.addAll(SqlText.of("SELECT " + sql.shadowKey().texts("") + sql.fromShadow() + " WHERE ")
                    .add(sql.shadowKey().range("", range))
                    .add(" ORDER BY " + sql.shadowKey().columns(""))
                    .list(connection, sql.shadowKey()::read));
            return found;
        });
    }
}
