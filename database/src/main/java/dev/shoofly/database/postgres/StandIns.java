package dev.shoofly.database.postgres;

import static dev.shoofly.database.connection.ConnectionPool.execute;
import static dev.shoofly.database.postgres.PostgresNames.quote;

import dev.shoofly.model.MigrationId;
import dev.shoofly.model.TableName;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.LinkedHashMap;
import java.util.Map;

/** Schemas, each for one relation of the original's name, for as long as the twin is altered. */
final class StandIns {
    private final Connection connection;
    private final String prefix;
    private final Map<String, String> originals = new LinkedHashMap<>();

    StandIns(Connection connection, MigrationId id) {
        this.connection = connection;
        this.prefix = ShadowBuilder.scratchSchema(id) + "_";
    }

    /** Where a relation may be made; it is not there yet. */
    TableName place(TableName original) throws SQLException {
        TableName place = new TableName(prefix + (originals.size() + 1), original.table());
        originals.put(place.schema(), original.schema());
        execute(connection, "CREATE SCHEMA " + quote(place.schema()));
        return place;
    }

    /** What the server said of stand-ins, said of those whom they stand for. */
    String inOriginalNames(String words) {
        String said = words;
        for (Map.Entry<String, String> entry : originals.entrySet()) {
            said = said.replace(entry.getKey() + ".", entry.getValue() + ".");
        }
        return said;
    }

    void remove(TableName place) throws SQLException {
        execute(connection, "DROP SCHEMA " + quote(place.schema()) + " CASCADE");
    }
}
