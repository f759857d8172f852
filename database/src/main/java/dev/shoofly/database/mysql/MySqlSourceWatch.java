package dev.shoofly.database.mysql;

import dev.shoofly.database.SourceWatch;
import dev.shoofly.database.connection.ConnectionPool;
import dev.shoofly.model.MigrationPlan;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;

/** Looks at the definition, at what hangs on the table, and at the binary log's settings. */
final class MySqlSourceWatch implements SourceWatch {
    private final ConnectionPool pool;
    private final MigrationPlan plan;

    MySqlSourceWatch(ConnectionPool pool, MigrationPlan plan) {
        this.pool = pool;
        this.plan = plan;
    }

    @Override
    public Optional<String> change() {
        return pool.with("looking at " + plan.source(), this::change);
    }

    private Optional<String> change(Connection connection) throws SQLException {
        List<String> settings = BinaryLogSettings.findings(connection);
        if (!settings.isEmpty()) {
            return Optional.of(String.join("; ", settings));
        }
        if (!MySqlCatalog.exists(connection, plan.shadow())) {
            return Optional.of("the table that is made from it, " + plan.shadow() + ", is gone");
        }
        try {
            Optional<String> definition = SourceDefinition.change(connection, plan);
            return definition.isPresent() ? definition : SourceDefinition.attached(connection, plan);
        } catch (SQLException e) {
            if (MySqlErrors.isNoSuchTable(e)) {
                return Optional.of("it is gone: somebody dropped it or renamed it");
            }
            throw e;
        }
    }
}
