package dev.shoofly.database.postgres;

import static dev.shoofly.database.postgres.PostgresNames.quote;

import dev.shoofly.model.ColumnMapping;
import dev.shoofly.model.MigrationPlan;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Objects;
import java.util.stream.Collectors;

/** Owner and privileges as the source has them at this moment. They speak of the shadow under its own name. */
final class GrantStatements {
    private final Connection connection;
    private final MigrationPlan plan;
    private final SwapState state;
    private final String shadow;

    GrantStatements(Connection connection, MigrationPlan plan, SwapState state) {
        this.connection = connection;
        this.plan = plan;
        this.state = state;
        this.shadow = quote(plan.shadow());
    }

    void addTo(List<String> statements, List<OwnedSequence> oldSequences, List<OwnedSequence> newSequences)
            throws SQLException {
        table(statements, shadow, state.sourceOid(), state.shadowOid());
        for (PartitionTree.Pair pair : ownPrivileges()) {
            String partition = Objects.requireNonNull(PostgresCatalog.text(
                    connection,
                    "SELECT format('%I.%I', n.nspname, c.relname) FROM pg_class c JOIN pg_namespace n"
                            + " ON n.oid = c.relnamespace WHERE c.oid = ?::bigint::oid",
                    pair.shadow()));
            table(statements, partition, pair.source(), pair.shadow());
        }
        for (SwapState.Carry carry : state.carries()) {
            for (OwnedSequence from : oldSequences) {
                for (OwnedSequence to : newSequences) {
                    if (from.column().equals(carry.sourceColumn())
                            && to.column().equals(carry.shadowColumn())) {
                        statements.addAll(relation(
                                connection, "SEQUENCE " + quote(to.schema(), to.name()), from.oid(), to.oid()));
                    }
                }
            }
        }
    }

    /** Partitions of which one has another owner than the other, or one of both any privileges of its own: seldom any. */
    private List<PartitionTree.Pair> ownPrivileges() throws SQLException {
        if (state.partitions().isEmpty()) {
            return List.of();
        }
        return PostgresCatalog.query(
                connection,
                """
                SELECT f.oid::bigint, t.oid::bigint FROM unnest(?::bigint[], ?::bigint[]) AS pair (source, shadow)
                JOIN pg_class f ON f.oid = pair.source::oid JOIN pg_class t ON t.oid = pair.shadow::oid
                WHERE f.relowner <> t.relowner OR f.relacl IS NOT NULL OR t.relacl IS NOT NULL
                   OR EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid IN (f.oid, t.oid) AND a.attacl IS NOT NULL)
                """,
                row -> new PartitionTree.Pair(row.getLong(1), row.getLong(2)),
                state.partitions().stream()
                        .map(pair -> String.valueOf(pair.source()))
                        .collect(Collectors.joining(",", "{", "}")),
                state.partitions().stream()
                        .map(pair -> String.valueOf(pair.shadow()))
                        .collect(Collectors.joining(",", "{", "}")));
    }

    /** @param name quoted, of the table that gets them */
    private void table(List<String> statements, String name, long from, long to) throws SQLException {
        statements.addAll(PostgresCatalog.texts(
                connection,
                "SELECT format('ALTER TABLE %s OWNER TO %I', ?, r.rolname) FROM pg_class c"
                        + " JOIN pg_roles r ON r.oid = c.relowner JOIN pg_class n ON n.oid = ?::bigint::oid"
                        + " WHERE c.oid = ?::bigint::oid AND n.relowner <> c.relowner",
                name,
                to,
                from));
        statements.addAll(relation(connection, "TABLE " + name, from, to));
        statements.addAll(PostgresCatalog.texts(
                connection,
                "SELECT DISTINCT format('REVOKE ALL (%I) ON TABLE %s FROM %s', c.attname, ?::text,"
                        + "   CASE WHEN a.grantee = 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(a.grantee)) END)"
                        + " FROM pg_attribute c, aclexplode(c.attacl) a"
                        + " WHERE c.attrelid = ?::bigint::oid AND c.attnum > 0 AND NOT c.attisdropped",
                name,
                to));
        for (ColumnMapping column : plan.projection().columns()) {
            if (column.sourceColumn() != null) {
                statements.addAll(column(name, from, column.sourceColumn(), column.shadowColumn()));
            }
        }
    }

    /** First away with what default privileges gave, then what the source has; an untouched list stays untouched. */
    static List<String> relation(Connection connection, String object, long from, long to) throws SQLException {
        return PostgresCatalog.texts(
                connection,
                "WITH f AS (SELECT * FROM pg_class WHERE oid = ?::bigint::oid),"
                        + " t AS (SELECT * FROM pg_class WHERE oid = ?::bigint::oid)"
                        + " SELECT format('REVOKE ALL ON %s FROM %s', ?, CASE WHEN g.grantee = 0 THEN 'PUBLIC'"
                        + "   ELSE quote_ident(pg_get_userbyid(g.grantee)) END)"
                        + " FROM (SELECT DISTINCT a.grantee FROM t, aclexplode(t.relacl) a"
                        + "       UNION SELECT f.relowner FROM f WHERE f.relacl IS NOT NULL) g"
                        + " UNION ALL SELECT format('GRANT %s ON %s TO %s%s', a.privilege_type, ?,"
                        + "   CASE WHEN a.grantee = 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(a.grantee)) END,"
                        + "   CASE WHEN a.is_grantable THEN ' WITH GRANT OPTION' ELSE '' END)"
                        + " FROM f, aclexplode(coalesce(f.relacl,"
                        + "   (SELECT acldefault(CASE f.relkind WHEN 'S' THEN 's'::\"char\" ELSE 'r' END, f.relowner)"
                        + "    FROM t WHERE t.relacl IS NOT NULL))) a",
                from,
                to,
                object,
                object);
    }

    private List<String> column(String name, long from, String sourceColumn, String shadowColumn) throws SQLException {
        return PostgresCatalog.texts(
                connection,
                "SELECT format('GRANT %s (%I) ON TABLE %s TO %s%s', a.privilege_type, ?::text, ?::text,"
                        + "   CASE WHEN a.grantee = 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(a.grantee)) END,"
                        + "   CASE WHEN a.is_grantable THEN ' WITH GRANT OPTION' ELSE '' END)"
                        + " FROM pg_attribute c, aclexplode(c.attacl) a"
                        + " WHERE c.attrelid = ?::bigint::oid AND c.attname = ? AND c.attnum > 0",
                shadowColumn,
                name,
                from,
                sourceColumn);
    }
}
