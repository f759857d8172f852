package dev.shoofly.database.postgres;

import static dev.shoofly.database.connection.ConnectionPool.execute;
import static dev.shoofly.database.postgres.PostgresNames.quote;

import dev.shoofly.model.MigrationId;
import dev.shoofly.model.TableName;
import java.sql.Connection;
import java.sql.SQLException;

/** Schemas, each for one relation of the original's name, for as long as the twin is altered. */
final class StandIns {
    private final Connection connection;
    private final String prefix;
    private int created;

    StandIns(Connection connection, MigrationId id) {
        this.connection = connection;
        this.prefix = ShadowBuilder.scratchSchema(id) + "_";
    }

    /** Where a relation may be made; it is not there yet. */
    TableName place(TableName original) throws SQLException {
        TableName place = new TableName(prefix + ++created, original.table());
        execute(connection, "CREATE SCHEMA " + quote(place.schema()));
        return place;
    }

    void remove(TableName place) throws SQLException {
        execute(connection, "DROP SCHEMA " + quote(place.schema()) + " CASCADE");
    }
}
