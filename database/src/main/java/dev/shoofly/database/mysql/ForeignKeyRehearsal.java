package dev.shoofly.database.mysql;

import dev.shoofly.database.connection.SqlErrors;
import dev.shoofly.model.ErrorKind;
import dev.shoofly.model.MigrationId;
import dev.shoofly.model.ShooflyException;
import dev.shoofly.model.TableName;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Finds out what the foreign keys are on the altered table, and tries them on empty tables: on the shadow itself and on
 * copies of the definitions at the other ends, so that nobody's table is locked.
 */
final class ForeignKeyRehearsal {
    private final Connection connection;
    private final MigrationId id;
    private final MySqlTable source;
    private final MySqlTable shadow;
    private final Map<String, String> origins;
    private final Set<String> computed;

    /**
     * @param origins column of the shadow, in lower case, to column of the source
     * @param computed columns of the shadow that get other values
     */
    ForeignKeyRehearsal(
            Connection connection,
            MigrationId id,
            MySqlTable source,
            MySqlTable shadow,
            Map<String, String> origins,
            Set<String> computed) {
        this.connection = connection;
        this.id = id;
        this.source = source;
        this.shadow = shadow;
        this.origins = origins;
        this.computed = computed;
    }

    /** Of the names of tables that stand beside the source for a while. */
    static String prefix(MigrationId id) {
        return "_" + id + "_k";
    }

    /** Those that there are beside a table. */
    static List<TableName> tables(Connection connection, TableName table, MigrationId id) throws SQLException {
        String prefix = prefix(id);
        return SqlText.of(
                        "SELECT table_name FROM information_schema.tables WHERE table_schema = ?"
                                + " AND LEFT(table_name, ?) = ?",
                        table.schema(),
                        prefix.length(),
                        prefix)
                .list(connection, row -> table.sibling(row.getString(1)));
    }

    /** @throws ShooflyException REFUSED when one does not suit the altered table */
    List<ForeignKeyMove> moves(List<SourceForeignKey> keys) throws SQLException {
        List<ForeignKeyMove> moves = new ArrayList<>();
        for (SourceForeignKey key : keys) {
            SourceForeignKey after = key.over(
                    key.child().equals(source.name()) ? renamed(key, key.columns()) : key.columns(),
                    key.parent().equals(source.name()) ? renamed(key, key.parentColumns()) : key.parentColumns());
            attempt(after, prefix(id) + moves.size());
            moves.add(new ForeignKeyMove(key, after));
        }
        return moves;
    }

    private List<String> renamed(SourceForeignKey key, List<String> columns) {
        return columns.stream().map(column -> renamed(key, column)).toList();
    }

    private String renamed(SourceForeignKey key, String name) {
        MySqlColumn from = source.column(name).orElseThrow();
        Optional<MySqlColumn> to = shadow.columns().stream()
                .filter(column ->
                        from.name().equalsIgnoreCase(origins.get(column.name().toLowerCase(Locale.ROOT))))
                .findFirst();
        if (to.isEmpty()) {
            throw refused(key, "the ALTER drops its column " + name + ". Drop the foreign key first", null);
        }
        MySqlColumn column = to.get();
        boolean kept = from.declared().equals(column.declared())
                || from.isText()
                        && from.dataType().equals(column.dataType())
                        && String.valueOf(from.collation()).equals(column.collation());
        if (!kept
                || from.generated()
                || column.generated()
                || computed.contains(column.name().toLowerCase(Locale.ROOT))) {
            throw refused(
                    key,
                    "the values of its column " + name + " may become others. Drop the foreign key first and add it"
                            + " again afterwards",
                    null);
        }
        return column.name();
    }

    private void attempt(SourceForeignKey key, String name) throws SQLException {
        TableName end = shadow.name().sibling(name);
        TableName child = key.child().equals(source.name()) ? shadow.name() : end;
        TableName parent = key.parent().equals(source.name()) ? shadow.name() : end;
        SourceForeignKey trial = key.named(name).between(child, parent);
        TableName other = child.equals(shadow.name()) ? key.parent() : key.child();
        List<String> before = new ArrayList<>(List.of("DROP TABLE IF EXISTS " + MySqlNames.quote(end)));
        List<String> after = new ArrayList<>(List.of(alter(trial.child(), trial.drop())));
        if (!child.equals(parent)) {
            before.add("CREATE TABLE " + MySqlNames.quote(end) + " LIKE " + MySqlNames.quote(other));
            after.add("DROP TABLE " + MySqlNames.quote(end));
        }
        Series.oneByOne(connection, before);
        int indexes = indexes(child);
        try {
            // With the checks on, or the server would not look whether the columns suit each other.
            Series.oneByOne(
                    connection, List.of("SET SESSION foreign_key_checks = 1", alter(trial.child(), trial.add())));
        } catch (SQLException e) {
            if (SqlErrors.isTransient(e)) {
                throw e;
            }
            throw refused(
                    key,
                    "the server refuses it on the altered table: " + SqlErrors.serverSaid(e)
                            + ". Drop it first, and add it as it is to be afterwards",
                    e);
        } finally {
            Series.oneByOne(connection, List.of("SET SESSION foreign_key_checks = 0"));
        }
        // The server makes what it needs; the table itself would not have been altered so.
        boolean lacked = indexes(child) != indexes;
        Series.oneByOne(connection, after);
        if (lacked) {
            throw refused(key, "the ALTER drops the index that it needs. Drop the foreign key first", null);
        }
    }

    private int indexes(TableName table) throws SQLException {
        return MySqlCatalog.table(connection, table).indexes().size();
    }

    private static String alter(TableName table, String clause) {
        return "ALTER TABLE " + MySqlNames.quote(table) + " " + clause;
    }

    private ShooflyException refused(SourceForeignKey key, String why, @Nullable SQLException error) {
        return new ShooflyException(
                ErrorKind.REFUSED,
                "cannot migrate " + source.name() + " with the foreign key " + key.name() + " of " + key.child() + ": "
                        + why + ". Nothing was changed.",
                error);
    }
}
