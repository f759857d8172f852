package dev.shoofly.database.mysql;

import dev.shoofly.database.connection.ConnectionPool;
import dev.shoofly.model.MigrationId;
import dev.shoofly.model.ShadowNames;
import dev.shoofly.model.TableName;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Two schemas of a migration's own, for the shadow and for the old table of a source whose checks have names of their own: in
 * the source's schema the shadow's could not be called so, see {@link CheckNames}. Two, for one RENAME moves the source
 * away before it moves the shadow in.
 */
final class ShadowSchemas {
    private static final Pattern OURS = Pattern.compile("shoofly_([a-z0-9]{8})_(?:new|old)");

    private ShadowSchemas() {}

    static String ofShadow(MigrationId id) {
        return "shoofly_" + id + "_new";
    }

    private static String ofOld(MigrationId id) {
        return "shoofly_" + id + "_old";
    }

    static List<String> of(MigrationId id) {
        return List.of(ofShadow(id), ofOld(id));
    }

    /** The same tables as beside the source. */
    static ShadowNames names(TableName source, MigrationId id) {
        ShadowNames besides = MySqlNames.besides(source, id);
        return new ShadowNames(
                new TableName(ofShadow(id), besides.shadow().table()),
                new TableName(ofOld(id), besides.old().table()));
    }

    /** With the defaults of the source's schema, to which an ALTER may refer. To name an encryption may take a right. */
    static void create(Connection connection, TableName table, TableName source) throws SQLException {
        if (!OURS.matcher(table.schema()).matches()) {
            return;
        }
        String defaults = SqlText.of(
                        "SELECT CONCAT('CHARACTER SET ', default_character_set_name, ' COLLATE ', default_collation_name,"
                                + " IF((default_encryption = 'YES') = @@default_table_encryption, '',"
                                + " IF(default_encryption = 'YES', ' ENCRYPTION ''Y''', ' ENCRYPTION ''N''')))"
                                + " FROM information_schema.schemata WHERE schema_name = ?",
                        source.schema())
                .list(connection, row -> row.getString(1))
                .get(0);
        ConnectionPool.execute(
                connection, "CREATE DATABASE IF NOT EXISTS " + MySqlNames.quote(table.schema()) + " " + defaults);
    }

    /** One that holds no table; of others nothing is touched. */
    static void dropEmpty(Connection connection, String schema) throws SQLException {
        if (empty(connection).contains(schema)) {
            ConnectionPool.execute(connection, "DROP DATABASE IF EXISTS " + MySqlNames.quote(schema));
        }
    }

    /** Those of all migrations. */
    static List<String> empty(Connection connection) throws SQLException {
        return SqlText.of("SELECT s.schema_name FROM information_schema.schemata s"
                        + " WHERE s.schema_name LIKE 'shoofly\\_%' AND NOT EXISTS (SELECT 1 FROM information_schema.tables t"
                        + " WHERE t.table_schema = s.schema_name) ORDER BY s.schema_name")
                .list(connection, row -> String.valueOf(row.getString(1)))
                .stream()
                .filter(schema -> OURS.matcher(schema).matches())
                .toList();
    }

    /** The migration that a schema is of. */
    static MigrationId migration(String schema) {
        Matcher name = OURS.matcher(schema);
        if (!name.matches()) {
            throw new IllegalArgumentException(schema + " is no migration's schema");
        }
        return new MigrationId(Objects.requireNonNull(name.group(1)));
    }
}
