package dev.shoofly.database.mysql;

import dev.shoofly.model.ErrorKind;
import dev.shoofly.model.ShooflyException;
import dev.shoofly.model.TableName;
import java.math.BigDecimal;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Reads definitions from {@code information_schema}. */
final class MySqlCatalog {
    private MySqlCatalog() {}

    /** The table as the catalog spells it, with its type ({@code BASE TABLE}, {@code VIEW}). */
    record Found(TableName name, String type, String engine, long rows) {}

    static Optional<Found> find(Connection connection, TableName name) throws SQLException {
        return SqlText.of(
                        "SELECT table_schema, table_name, table_type, engine, table_rows FROM information_schema.tables"
                                + " WHERE table_schema = ? AND table_name = ?",
                        name.schema(),
                        name.table())
                .list(
                        connection,
                        row -> new Found(
                                new TableName(row.getString(1), row.getString(2)),
                                row.getString(3),
                                String.valueOf(row.getString(4)),
                                Math.max(0, row.getLong(5))))
                .stream()
                .findFirst();
    }

    static boolean exists(Connection connection, TableName name) throws SQLException {
        return find(connection, name).isPresent();
    }

    static MySqlTable table(Connection connection, TableName name) throws SQLException {
        Found found = find(connection, name)
                .orElseThrow(() -> new ShooflyException(ErrorKind.REFUSED, "there is no table " + name));
        return new MySqlTable(found.name(), found.engine(), columns(connection, name), indexes(connection, name));
    }

    private static List<MySqlColumn> columns(Connection connection, TableName table) throws SQLException {
        return SqlText.of(
                        "SELECT column_name, column_type, data_type, character_set_name, collation_name, is_nullable,"
                                + " column_default, extra, character_maximum_length, numeric_scale, datetime_precision"
                                + " FROM information_schema.columns WHERE table_schema = ? AND table_name = ?"
                                + " ORDER BY ordinal_position",
                        table.schema(),
                        table.table())
                .list(connection, MySqlCatalog::column);
    }

    private static MySqlColumn column(ResultSet row) throws SQLException {
        String extra = row.getString(8).toLowerCase(Locale.ROOT);
        boolean generated = extra.contains("virtual generated") || extra.contains("stored generated");
        return new MySqlColumn(
                row.getString(1),
                row.getString(2),
                row.getString(3).toLowerCase(Locale.ROOT),
                row.getString(4),
                row.getString(5),
                row.getString(6).equals("YES"),
                row.getString(7) != null || extra.contains("default_generated"),
                generated,
                extra.contains("auto_increment"),
                row.getLong(9),
                Math.max(row.getInt(10), row.getInt(11)));
    }

    /** @param expression as the server prints it */
    record StoredColumn(String name, String expression) {}

    /** Generated columns that are stored. */
    static List<StoredColumn> storedColumns(Connection connection, TableName table) throws SQLException {
        return SqlText.of(
                        "SELECT column_name, generation_expression FROM information_schema.columns"
                                + " WHERE table_schema = ? AND table_name = ? AND extra LIKE '%STORED GENERATED%'"
                                + " ORDER BY ordinal_position",
                        table.schema(), table.table())
                .list(connection, row -> new StoredColumn(row.getString(1), row.getString(2)));
    }

    private static List<MySqlIndex> indexes(Connection connection, TableName table) throws SQLException {
        Map<String, MySqlIndex> found = new LinkedHashMap<>();
        List<MySqlIndex> parts = SqlText.of(
                        "SELECT index_name, non_unique, is_visible, column_name, sub_part, expression, collation"
                                + " FROM information_schema.statistics WHERE table_schema = ? AND table_name = ?"
                                + " ORDER BY index_name = 'PRIMARY' DESC, index_name, seq_in_index",
                        table.schema(),
                        table.table())
                .list(
                        connection,
                        row -> new MySqlIndex(
                                row.getString(1),
                                row.getInt(2) == 0,
                                row.getString(3).equals("YES"),
                                List.of(new MySqlIndex.Part(
                                        row.getString(4),
                                        row.getInt(5),
                                        expression(row.getString(6)),
                                        "D".equals(row.getString(7))))));
        for (MySqlIndex part : parts) {
            found.merge(part.name(), part, MySqlCatalog::joined);
        }
        return List.copyOf(found.values());
    }

    /** The catalog escapes the quotes of literals in an expression once more. */
    private static @Nullable String expression(@Nullable String escaped) {
        return escaped == null ? null : escaped.replace("\\'", "'");
    }

    private static MySqlIndex joined(MySqlIndex first, MySqlIndex next) {
        List<MySqlIndex.Part> parts = new ArrayList<>(first.parts());
        parts.addAll(next.parts());
        return new MySqlIndex(first.name(), first.unique(), first.visible(), parts);
    }

    /**
     * Foreign keys from and to the table, each worded. From the storage engine's dictionary, which shows those of tables
     * that the user may not see as well; {@code key_column_usage} does not.
     */
    static List<String> foreignKeys(Connection connection, TableName table) throws SQLException {
        String name = table.schema() + "/" + table.table();
        return SqlText.of(
                        "SELECT id, for_name, ref_name FROM information_schema.innodb_foreign"
                                + " WHERE for_name = ? OR ref_name = ? ORDER BY id",
                        name,
                        name)
                .list(connection, MySqlCatalog::words);
    }

    /** Foreign keys from and to the table, as far as the user may see the tables at their other ends. */
    static List<SourceForeignKey> references(Connection connection, TableName table) throws SQLException {
        Map<String, SourceForeignKey> found = new LinkedHashMap<>();
        SqlText.of(
                        "SELECT rc.constraint_name, rc.constraint_schema, rc.table_name, u.column_name,"
                                + " u.referenced_table_schema, u.referenced_table_name, u.referenced_column_name,"
                                + " rc.delete_rule, rc.update_rule FROM information_schema.referential_constraints rc"
                                + " JOIN information_schema.key_column_usage u ON u.constraint_schema = rc.constraint_schema"
                                + " AND u.constraint_name = rc.constraint_name AND u.table_name = rc.table_name"
                                + " WHERE u.referenced_column_name IS NOT NULL"
                                + " AND (rc.constraint_schema = ? AND rc.table_name = ?"
                                + " OR u.referenced_table_schema = ? AND u.referenced_table_name = ?)"
                                + " ORDER BY rc.constraint_schema, rc.table_name, rc.constraint_name, u.ordinal_position",
                        table.schema(),
                        table.table(),
                        table.schema(),
                        table.table())
                .list(
                        connection,
                        row -> new SourceForeignKey(
                                row.getString(1),
                                new TableName(row.getString(2), row.getString(3)),
                                List.of(row.getString(4)),
                                new TableName(row.getString(5), row.getString(6)),
                                List.of(row.getString(7)),
                                row.getString(8),
                                row.getString(9)))
                .forEach(part -> found.merge(part.id(), part, MySqlCatalog::joined));
        return List.copyOf(found.values());
    }

    private static SourceForeignKey joined(SourceForeignKey first, SourceForeignKey next) {
        List<String> columns = new ArrayList<>(first.columns());
        columns.addAll(next.columns());
        List<String> parentColumns = new ArrayList<>(first.parentColumns());
        parentColumns.addAll(next.parentColumns());
        return first.over(columns, parentColumns);
    }

    /** As {@link #foreignKeys}, those that {@link #references} does not show to this user. */
    static List<String> hiddenReferences(Connection connection, TableName table) throws SQLException {
        List<String> seen =
                references(connection, table).stream().map(SourceForeignKey::id).toList();
        String name = table.schema() + "/" + table.table();
        return SqlText.of(
                        "SELECT id, for_name, ref_name FROM information_schema.innodb_foreign"
                                + " WHERE for_name = ? OR ref_name = ? ORDER BY id",
                        name,
                        name)
                .list(connection, row -> seen.contains(row.getString(1)) ? "" : words(row))
                .stream()
                .filter(words -> !words.isEmpty())
                .toList();
    }

    private static String words(ResultSet row) throws SQLException {
        return afterSchema(row.getString(1)) + " (" + dotted(row.getString(2)) + " to " + dotted(row.getString(3))
                + ")";
    }

    /** The table that a foreign key of this one points to; empty: there is none of that name. */
    static Optional<TableName> parent(Connection connection, TableName table, String foreignKey) throws SQLException {
        return SqlText.of(
                        "SELECT unique_constraint_schema, referenced_table_name"
                                + " FROM information_schema.referential_constraints"
                                + " WHERE constraint_schema = ? AND table_name = ? AND constraint_name = ?",
                        table.schema(),
                        table.table(),
                        foreignKey)
                .list(connection, row -> new TableName(row.getString(1), row.getString(2)))
                .stream()
                .findFirst();
    }

    private static String afterSchema(String name) {
        return name.substring(name.indexOf('/') + 1);
    }

    private static String dotted(String name) {
        return name.replaceFirst("/", ".");
    }

    /** In the order in which the server fires those of one event and time; only those that the user may see. */
    static List<SourceTrigger> triggers(Connection connection, TableName table) throws SQLException {
        return SqlText.of(
                        "SELECT trigger_name, action_timing, event_manipulation, action_statement, definer, sql_mode,"
                                + " character_set_client, collation_connection, database_collation"
                                + " FROM information_schema.triggers"
                                + " WHERE event_object_schema = ? AND event_object_table = ?"
                                + " ORDER BY event_manipulation, action_timing, action_order",
                        table.schema(),
                        table.table())
                .list(
                        connection,
                        row -> new SourceTrigger(
                                row.getString(1),
                                row.getString(2),
                                row.getString(3),
                                row.getString(4),
                                row.getString(5),
                                row.getString(6),
                                row.getString(7),
                                row.getString(8),
                                row.getString(9)));
    }

    static String defaultCollation(Connection connection, String schema) throws SQLException {
        return SqlText.of(
                        "SELECT default_collation_name FROM information_schema.schemata WHERE schema_name = ?", schema)
                .list(connection, row -> String.valueOf(row.getString(1)))
                .get(0);
    }

    /** Whether trailing blanks count in comparisons under this collation. */
    static boolean padsBlanks(Connection connection, String collation) throws SQLException {
        return SqlText.of(
                        "SELECT 1 FROM information_schema.collations WHERE collation_name = ?"
                                + " AND pad_attribute = 'PAD SPACE'",
                        collation)
                .findsRow(connection);
    }

    /**
     * The next value of a table's counter, if that of another, which has one too, is behind it. Mostly it is not, for inserted
     * rows raise it.
     */
    static Optional<BigDecimal> counterAheadOf(Connection connection, TableName table, TableName other)
            throws SQLException {
        String counter = "(SELECT auto_increment AS next FROM information_schema.tables"
                + " WHERE table_schema = ? AND table_name = ?)";
        return SqlText.of(
                        "SELECT ahead.next FROM " + counter + " AS ahead JOIN " + counter
                                + " AS behind ON behind.next < ahead.next",
                        table.schema(),
                        table.table(),
                        other.schema(),
                        other.table())
                .list(connection, row -> row.getBigDecimal(1))
                .stream()
                .findFirst();
    }

    static String variable(Connection connection, String name) throws SQLException {
        return String.valueOf(SqlText.of("SELECT @@GLOBAL." + name)
                .list(connection, row -> String.valueOf(row.getString(1)))
                .get(0));
    }
}
