package dev.shoofly.database.postgres;

import static dev.shoofly.database.connection.ConnectionPool.execute;
import static dev.shoofly.database.postgres.PostgresNames.literal;
import static dev.shoofly.database.postgres.PostgresNames.quote;

import dev.shoofly.database.postgres.Attached.Part;
import dev.shoofly.database.postgres.Attached.PartitionedKey;
import dev.shoofly.database.postgres.Attached.Validation;
import dev.shoofly.model.ErrorKind;
import dev.shoofly.model.ShooflyException;
import dev.shoofly.model.TableName;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Foreign keys of the source and to it. The shadow has none: a constraint on a copy that lags behind would refuse what an
 * application may well do. The swap adds them as NOT VALID, for nobody can wait until all rows are read; they were valid for
 * the same rows a moment before, and are validated when everybody works again.
 */
final class TwinForeignKeys {
    private static final String NOT_VALID = PartitionedKeys.NOT_VALID;
    private final Connection connection;
    private final TableFacts source;
    private final TableName twin;
    private final StandIns standIns;
    private final Map<TableName, TableName> places = new LinkedHashMap<>();
    private final List<Key> hung = new ArrayList<>();
    private List<Key> originals = List.of();

    /** @param table that has the constraint */
    private record Key(
            long oid,
            String name,
            TableName table,
            TableName target,
            String definition,
            boolean validated,
            @Nullable String comment) {

        /** Renamed, it keeps its number; with a column of another type the server makes it anew, under its name. */
        boolean isSameAs(Key later) {
            return oid == later.oid
                    || name.equals(later.name) && table.equals(later.table) && definition.equals(later.definition);
        }
    }

    TwinForeignKeys(Connection connection, TableFacts source, TableName twin, StandIns standIns) {
        this.connection = connection;
        this.source = source;
        this.twin = twin;
        this.standIns = standIns;
    }

    /** Of a table, and to it. Each definition names the target without its schema. */
    private List<Key> keys(long oid) throws SQLException {
        List<Key> keys = new ArrayList<>();
        for (TableName target : PostgresCatalog.query(
                connection,
                "SELECT DISTINCT n.nspname, r.relname FROM pg_catalog.pg_constraint c"
                        + " JOIN pg_catalog.pg_class r ON r.oid = c.confrelid"
                        + " JOIN pg_catalog.pg_namespace n ON n.oid = r.relnamespace"
                        + " WHERE c.contype = 'f' AND c.conparentid = 0 AND ?::bigint::oid IN (c.conrelid, c.confrelid)"
                        + " ORDER BY 1, 2",
                row -> new TableName(row.getString(1), row.getString(2)),
                oid)) {
            PostgresCatalog.searchPath(connection, quote(target.schema()));
            keys.addAll(PostgresCatalog.query(
                    connection,
                    "SELECT c.oid::bigint, c.conname, n.nspname, t.relname, pg_get_constraintdef(c.oid), c.convalidated,"
                            + " obj_description(c.oid, 'pg_constraint') FROM pg_catalog.pg_constraint c"
                            + " JOIN pg_catalog.pg_class t ON t.oid = c.conrelid"
                            + " JOIN pg_catalog.pg_namespace n ON n.oid = t.relnamespace"
                            + " JOIN pg_catalog.pg_class r ON r.oid = c.confrelid"
                            + " JOIN pg_catalog.pg_namespace m ON m.oid = r.relnamespace"
                            + " WHERE c.contype = 'f' AND c.conparentid = 0 AND ?::bigint::oid IN (c.conrelid, c.confrelid)"
                            + " AND m.nspname = ? AND r.relname = ? ORDER BY n.nspname, t.relname, c.conname",
                    row -> new Key(
                            row.getLong(1),
                            row.getString(2),
                            new TableName(row.getString(3), row.getString(4)),
                            target,
                            row.getString(5),
                            row.getBoolean(6),
                            row.getString(7)),
                    oid,
                    target.schema(),
                    target.table()));
        }
        // In this order the server acts on a deleted row, and so an application may rely on it.
        keys.sort(Comparator.comparingLong(Key::oid));
        return keys;
    }

    void hang() throws SQLException {
        originals = keys(source.oid());
        PostgresCatalog.qualifyEverything(connection);
        for (Key key : originals) {
            standIn(key.table());
            standIn(key.target());
        }
        for (Key key : originals) {
            String table = quote(place(key.table()));
            PostgresCatalog.searchPath(connection, quote(place(key.target()).schema()));
            execute(connection, "ALTER TABLE " + table + " " + addition(key));
            if (key.comment() != null) {
                execute(connection, comment(key, table));
            }
            if (key.table().equals(source.name())) {
                nameParts(key);
            }
        }
        hung.addAll(keys(PostgresCatalog.oid(connection, twin).orElseThrow()));
    }

    /** The server names them after the table's; one that was there before its partition became one has another. */
    private void nameParts(Key key) throws SQLException {
        Map<String, String> names = new HashMap<>();
        PartitionedKeys.parts(connection, key.table(), key.name())
                .forEach(part -> names.put(part.table(), part.name()));
        for (Part part : PartitionedKeys.parts(connection, twin, key.name())) {
            String name = names.getOrDefault(inSource(part).table(), part.name());
            if (!name.equals(part.name())) {
                execute(
                        connection,
                        "ALTER TABLE " + part.table() + " RENAME CONSTRAINT " + quote(part.name()) + " TO "
                                + quote(name));
            }
        }
    }

    /** Of a partition of the twin. */
    private Part inSource(Part part) {
        String there = quote(twin.schema()) + ".";
        return new Part(
                quote(source.name().schema()) + "." + part.table().substring(there.length()), part.name(), part.leaf());
    }

    private static String comment(Key key, String table) {
        return "COMMENT ON CONSTRAINT " + quote(key.name()) + " ON " + table + " IS "
                + literal(String.valueOf(key.comment()));
    }

    private static String addition(Key key) {
        return "ADD CONSTRAINT " + quote(key.name()) + " " + key.definition();
    }

    private TableName place(TableName original) {
        return original.equals(source.name()) ? twin : Objects.requireNonNull(places.get(original));
    }

    /** With the columns that take part, and unique where they are pointed to. */
    private void standIn(TableName original) throws SQLException {
        if (original.equals(source.name()) || places.containsKey(original)) {
            return;
        }
        long oid = PostgresCatalog.oid(connection, original).orElseThrow();
        String columns = PostgresCatalog.text(connection, """
                SELECT string_agg(format('%I %s%s', a.attname, format_type(a.atttypid, a.atttypmod),
                       CASE WHEN a.attcollation IN (0, t.typcollation) THEN ''
                            ELSE (SELECT format(' COLLATE %I.%I', n.nspname, l.collname) FROM pg_catalog.pg_collation l
                                  JOIN pg_catalog.pg_namespace n ON n.oid = l.collnamespace
                                  WHERE l.oid = a.attcollation) END), ', ' ORDER BY a.attnum)
                FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
                WHERE a.attrelid = ?::bigint::oid AND EXISTS (
                  SELECT 1 FROM pg_catalog.pg_constraint c
                  WHERE c.contype = 'f' AND c.conparentid = 0 AND ?::bigint::oid IN (c.conrelid, c.confrelid)
                    AND (c.conrelid = a.attrelid AND a.attnum = ANY (c.conkey)
                         OR c.confrelid = a.attrelid AND a.attnum = ANY (c.confkey)))
                """, oid, source.oid());
        TableName place = standIns.place(original);
        places.put(original, place);
        execute(connection, "CREATE TABLE " + quote(place) + " (" + columns + ")");
        for (String unique : PostgresCatalog.texts(connection, """
                SELECT DISTINCT (SELECT string_agg(quote_ident(a.attname), ', ' ORDER BY k.place)
                                 FROM unnest(c.confkey) WITH ORDINALITY AS k (number, place)
                                 JOIN pg_catalog.pg_attribute a ON a.attrelid = c.confrelid AND a.attnum = k.number)
                FROM pg_catalog.pg_constraint c
                WHERE c.contype = 'f' AND c.conparentid = 0 AND c.conrelid = ?::bigint::oid AND c.confrelid = ?::bigint::oid
                """, source.oid(), oid)) {
            execute(connection, "ALTER TABLE " + quote(place) + " ADD UNIQUE (" + unique + ")");
        }
    }

    /** The tables at the other ends, in an order that is everybody's. */
    List<Attached.End> otherEnds() throws SQLException {
        List<Attached.End> ends = new ArrayList<>();
        for (TableName table : places.keySet()) {
            ends.add(new Attached.End(
                    quote(table), PostgresCatalog.oid(connection, table).orElseThrow()));
        }
        ends.sort(Comparator.comparing(Attached.End::table));
        return ends;
    }

    /** @param back the same for the way back */
    void takeOff(TableFacts altered, ColumnTracker columns, Attached.Builder there, Attached.Builder back)
            throws SQLException {
        refuseChangedValues(altered, columns);
        for (Key key : originals) {
            there.before("ALTER TABLE " + quote(key.table()) + " DROP CONSTRAINT " + quote(key.name()));
            add(key, key.table(), key.target(), parts(key.table(), key.table(), key.name()), back);
        }
        for (Key key : keys(altered.oid())) {
            TableName table = original(key.table());
            TableName target = original(key.target());
            Optional<Key> earlier =
                    hung.stream().filter(each -> each.isSameAs(key)).findFirst();
            if (table == null || target == null || earlier.isEmpty()) {
                throw new ShooflyException(
                        ErrorKind.REFUSED,
                        "the alterations add the foreign key \"" + key.name() + "\" to " + source.name()
                                + ", or make it anew in another form, which a shadow cannot have beside other changes: "
                                + howToAdd(key) + ". Nothing was changed.");
            }
            if (key.validated() && !earlier.get().validated()) {
                throw new ShooflyException(
                        ErrorKind.REFUSED,
                        "the alterations validate the foreign key \"" + key.name() + "\" of " + source.name()
                                + ", which a shadow cannot show: do it in a migration of its own, which needs no shadow."
                                + " Nothing was changed.");
            }
            List<Part> parts =
                    table.equals(source.name()) ? parts(table, twin, key.name()) : parts(table, table, key.name());
            add(key, table, target, parts, there);
            back.before(PartitionedKeys.drop(quote(table), key.name()));
            execute(connection, "ALTER TABLE " + quote(key.table()) + " DROP CONSTRAINT " + quote(key.name()));
        }
        for (TableName place : places.values()) {
            standIns.remove(place);
        }
    }

    private String howToAdd(Key key) throws SQLException {
        return key.table().equals(twin) && PartitionTree.isPartitioned(connection, source.oid())
                ? "add it to each partition yourself (ADD CONSTRAINT … NOT VALID, then VALIDATE CONSTRAINT), and to the"
                        + " table when all have it, for which the server reads no row"
                : "add it in a migration of its own, which needs no shadow";
    }

    /**
     * @param original the table in question
     * @param held the table of that form which has the constraint
     */
    private @Nullable List<Part> parts(TableName original, TableName held, String name) throws SQLException {
        return PartitionTree.isPartitioned(
                        connection, PostgresCatalog.oid(connection, original).orElseThrow())
                ? PartitionedKeys.parts(connection, held, name).stream()
                        .map(part -> held.equals(twin) ? inSource(part) : part)
                        .toList()
                : null;
    }

    /** @param parts null: the table is not partitioned */
    private void add(Key key, TableName table, TableName target, @Nullable List<Part> parts, Attached.Builder to)
            throws SQLException {
        if (parts != null) {
            to.partitioned(new PartitionedKey(
                    quote(table),
                    quote(target),
                    quote(target.schema()),
                    key.name(),
                    key.definition(),
                    key.comment(),
                    parts,
                    otherEnd(table),
                    otherEnd(target)));
            return;
        }
        boolean pending = key.definition().endsWith(NOT_VALID);
        to.after("SET LOCAL search_path = " + quote(target.schema()));
        to.after("ALTER TABLE " + quote(table) + " " + addition(key) + (pending ? "" : NOT_VALID));
        if (key.comment() != null) {
            to.after(comment(key, quote(table)));
        }
        if (key.validated()) {
            to.validate(new Validation(quote(table), key.name()));
        }
    }

    /** @return null: it is the migrated table, which is another after each swap */
    private @Nullable Long otherEnd(TableName table) throws SQLException {
        return table.equals(source.name())
                ? null
                : PostgresCatalog.oid(connection, table).orElseThrow();
    }

    /** They would be found out when the rows are read: after the swap, when it is too late. */
    private void refuseChangedValues(TableFacts altered, ColumnTracker columns) throws SQLException {
        for (TableFacts.Column column : altered.columns()) {
            String key = PostgresCatalog.text(
                    connection,
                    "SELECT min(conname) FROM pg_catalog.pg_constraint WHERE contype = 'f'"
                            + " AND (conrelid = ?::bigint::oid AND ?::int = ANY (conkey)"
                            + " OR confrelid = ?::bigint::oid AND ?::int = ANY (confkey))",
                    altered.oid(),
                    column.number(),
                    altered.oid(),
                    column.number());
            if (key != null && !columns.keepsValues(column)) {
                throw new ShooflyException(
                        ErrorKind.REFUSED,
                        "the alterations may change values of column \"" + column.name() + "\" of " + source.name()
                                + ", over which there is the foreign key \"" + key + "\": whether it still holds would"
                                + " only be known after the swap. Drop the key before and add it again afterwards, each in a"
                                + " migration of its own, which needs no shadow. Nothing was changed.");
            }
        }
    }

    /** @return null: no stand-in of ours */
    private @Nullable TableName original(TableName place) {
        if (place.equals(twin)) {
            return source.name();
        }
        return places.entrySet().stream()
                .filter(entry -> entry.getValue().equals(place))
                .map(Map.Entry::getKey)
                .findFirst()
                .orElse(null);
    }
}
