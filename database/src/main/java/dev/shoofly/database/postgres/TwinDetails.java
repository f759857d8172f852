package dev.shoofly.database.postgres;

import static dev.shoofly.database.connection.ConnectionPool.execute;
import static dev.shoofly.database.postgres.PostgresNames.literal;
import static dev.shoofly.database.postgres.PostgresNames.quote;

import dev.shoofly.model.TableName;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Gives the twin what {@code CREATE TABLE … LIKE} leaves out, under the original names. */
final class TwinDetails {
    private final Connection connection;
    private final TableFacts source;
    private final TableName twin;
    private final String table;
    private final boolean partitioned;

    TwinDetails(Connection connection, TableFacts source, TableName twin) throws SQLException {
        this.connection = connection;
        this.source = source;
        this.twin = twin;
        this.table = quote(twin);
        this.partitioned = PartitionTree.isPartitioned(connection, source.oid());
    }

    void complete() throws SQLException {
        for (TableFacts.Check check : source.checks()) {
            recreateIfUnvalidated(check);
        }
        List<Long> ofParent = PostgresCatalog.query(
                connection,
                "SELECT h.inhrelid::bigint FROM pg_inherits h JOIN pg_index i ON i.indexrelid = h.inhrelid"
                        + " WHERE i.indrelid = ?::bigint::oid",
                row -> row.getLong(1),
                source.oid());
        for (TableFacts.Index index : source.indexes()) {
            if (!ofParent.contains(index.oid())) {
                create(index);
            }
        }
        identitySequences();
        statistics();
        // What the partitions have, they get themselves.
        copyOptions(connection, source.oid(), partitioned ? "ONLY " + table : table);
        replicaIdentity();
        comment(
                "TABLE " + table,
                PostgresCatalog.text(connection, "SELECT obj_description(?::bigint::oid, 'pg_class')", source.oid()));
    }

    /** LIKE makes every check valid; what the operator's ALTERs see must be what the source has. */
    private void recreateIfUnvalidated(TableFacts.Check check) throws SQLException {
        if (!check.validated()) {
            String name = quote(check.name());
            execute(connection, "ALTER TABLE " + table + " DROP CONSTRAINT " + name);
            execute(connection, "ALTER TABLE " + table + " ADD CONSTRAINT " + name + " " + check.definition());
            comment("CONSTRAINT " + name + " ON " + table, check.comment());
        }
    }

    private void create(TableFacts.Index index) throws SQLException {
        String name = quote(index.name());
        String definition = String.valueOf(index.constraintDefinition());
        // A partitioned table takes no index that is there already for a constraint.
        boolean whole = partitioned && !index.constraint().isEmpty();
        if (whole || index.constraint().equals("x")) {
            execute(connection, "ALTER TABLE " + table + " ADD CONSTRAINT " + name + " " + definition);
        } else {
            execute(
                    connection,
                    "CREATE " + (index.unique() ? "UNIQUE " : "") + "INDEX " + name + " ON " + table + " "
                            + index.tail());
        }
        if (!whole && (index.constraint().equals("p") || index.constraint().equals("u"))) {
            execute(
                    connection,
                    "ALTER TABLE " + table + " ADD CONSTRAINT " + name
                            + (index.isPrimaryKey() ? " PRIMARY KEY" : " UNIQUE") + " USING INDEX " + name
                            + deferral(definition));
        }
        String indexName = quote(twin.schema(), index.name());
        if (index.tablespace() != null) {
            execute(connection, "ALTER INDEX " + indexName + " SET TABLESPACE " + quote(index.tablespace()));
        }
        if (index.clustered()) {
            execute(connection, "ALTER TABLE " + table + " CLUSTER ON " + name);
        }
        comment("INDEX " + indexName, index.comment());
        comment("CONSTRAINT " + name + " ON " + table, index.constraintComment());
        if (partitioned) {
            PartitionTree.nameParts(connection, index.oid(), new TableName(twin.schema(), index.name()));
        }
    }

    /** {@code " DEFERRABLE …"} at the end of a constraint's definition, or nothing. */
    static String deferral(String constraintDefinition) {
        if (constraintDefinition.endsWith(" DEFERRABLE INITIALLY DEFERRED")) {
            return " DEFERRABLE INITIALLY DEFERRED";
        }
        return constraintDefinition.endsWith(" DEFERRABLE") ? " DEFERRABLE" : "";
    }

    /** LIKE names them after the column, whatever the source's are called, and leaves their comments out. */
    private void identitySequences() throws SQLException {
        List<OwnedSequence> originals = OwnedSequence.of(connection, source.oid());
        for (OwnedSequence copy : OwnedSequence.of(
                connection, PostgresCatalog.oid(connection, twin).orElseThrow())) {
            for (OwnedSequence original : originals) {
                if (original.isSerial() || !original.column().equals(copy.column())) {
                    continue;
                }
                if (!original.name().equals(copy.name())) {
                    execute(
                            connection,
                            "ALTER SEQUENCE " + quote(copy.schema(), copy.name()) + " RENAME TO "
                                    + quote(original.name()));
                }
                comment(
                        "SEQUENCE " + quote(copy.schema(), original.name()),
                        PostgresCatalog.text(
                                connection, "SELECT obj_description(?::bigint::oid, 'pg_class')", original.oid()));
            }
        }
    }

    private record StatisticsObject(
            String name,
            String what,
            @Nullable String target,
            @Nullable String comment) {}

    private void statistics() throws SQLException {
        String sql = """
                SELECT n.nspname, s.stxname, pg_get_statisticsobjdef(s.oid),
                       format('CREATE STATISTICS %I.%I ', n.nspname, s.stxname) AS head,
                       format(' FROM %I.%I', tn.nspname, t.relname) AS foot,
                       CASE WHEN s.stxstattarget >= 0 THEN s.stxstattarget::text END AS target,
                       obj_description(s.oid, 'pg_statistic_ext') AS comment
                FROM pg_statistic_ext s JOIN pg_namespace n ON n.oid = s.stxnamespace
                JOIN pg_class t ON t.oid = s.stxrelid JOIN pg_namespace tn ON tn.oid = t.relnamespace
                WHERE s.stxrelid = ?::bigint::oid ORDER BY s.oid
                """;
        for (StatisticsObject object : PostgresCatalog.query(
                connection,
                sql,
                row -> {
                    String definition = row.getString(3);
                    int head = row.getString(4).length();
                    int foot = definition.length() - row.getString(5).length();
                    return new StatisticsObject(
                            quote(twin.schema(), row.getString(2)),
                            definition.substring(head, foot),
                            row.getString(6),
                            row.getString(7));
                },
                source.oid())) {
            execute(connection, "CREATE STATISTICS " + object.name() + " " + object.what() + " FROM " + table);
            if (object.target() != null) {
                execute(connection, "ALTER STATISTICS " + object.name() + " SET STATISTICS " + object.target());
            }
            comment("STATISTICS " + object.name(), object.comment());
        }
    }

    /** @param table quoted, as it follows ALTER TABLE; a table, or a materialised view */
    static void copyOptions(Connection connection, long oid, String table) throws SQLException {
        // Each row is what follows ALTER TABLE.
        String sql = """
                SELECT format('SET (%s)', string_agg(format('%s%s=%L', prefix, split_part(o, '=', 1),
                                                            substr(o, strpos(o, '=') + 1)), ', '))
                FROM (SELECT '' AS prefix, unnest(c.reloptions) AS o FROM pg_class c WHERE c.oid = ?::bigint::oid
                      UNION ALL
                      SELECT 'toast.', unnest(x.reloptions) FROM pg_class c JOIN pg_class x ON x.oid = c.reltoastrelid
                      WHERE c.oid = ?::bigint::oid) options
                HAVING count(*) > 0
                UNION ALL
                SELECT format('ALTER COLUMN %I SET (%s)', a.attname, array_to_string(a.attoptions, ', '))
                FROM pg_attribute a WHERE a.attrelid = ?::bigint::oid AND a.attoptions IS NOT NULL
                UNION ALL
                SELECT format('ALTER COLUMN %I SET STATISTICS %s', a.attname, a.attstattarget)
                FROM pg_attribute a WHERE a.attrelid = ?::bigint::oid AND a.attstattarget >= 0 AND a.attnum > 0
                  AND NOT a.attisdropped
                """;
        for (String change : PostgresCatalog.texts(connection, sql, oid, oid, oid, oid)) {
            execute(connection, "ALTER TABLE " + table + " " + change);
        }
    }

    private void replicaIdentity() throws SQLException {
        String identity = PostgresCatalog.text(
                connection, "SELECT relreplident::text FROM pg_class WHERE oid = ?::bigint::oid", source.oid());
        if ("f".equals(identity)) {
            execute(connection, "ALTER TABLE " + table + " REPLICA IDENTITY FULL");
        }
        for (TableFacts.Index index : source.indexes()) {
            if (index.replicaIdentity()) {
                execute(connection, "ALTER TABLE " + table + " REPLICA IDENTITY USING INDEX " + quote(index.name()));
            }
        }
    }

    private void comment(String object, @Nullable String text) throws SQLException {
        if (text != null) {
            execute(connection, "COMMENT ON " + object + " IS " + literal(text));
        }
    }
}
