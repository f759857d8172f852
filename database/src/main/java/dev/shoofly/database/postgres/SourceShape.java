package dev.shoofly.database.postgres;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/** What hangs on a table that the swap does not carry over, and would so be lost or left behind in silence. */
final class SourceShape {
    private SourceShape() {}

    /** {@code relreplident}: {@code d}, {@code f}, {@code i} or {@code n}. */
    static String replicaIdentity(Connection connection, long oid) throws SQLException {
        return Objects.requireNonNull(PostgresCatalog.text(
                connection, "SELECT relreplident::text FROM pg_catalog.pg_class WHERE oid = ?::bigint::oid", oid));
    }

    /** One finding per kind, each with the objects' names and the remedy. */
    static List<String> attached(Connection connection, long oid) throws SQLException {
        List<String> findings = PostgresCatalog.texts(connection, """
                WITH t AS (SELECT c.* FROM pg_catalog.pg_class c WHERE c.oid = ?::bigint::oid)
                SELECT 'it is UNLOGGED, so its changes are not in the log: ALTER TABLE … SET LOGGED first'
                FROM t WHERE relpersistence = 'u'
                UNION ALL
                SELECT 'it is a table of a composite type (OF …): ALTER TABLE … NOT OF first' FROM t WHERE reloftype <> 0
                UNION ALL
                SELECT 'rules or temporary views depend on it ('
                       || string_agg(DISTINCT r.ev_class::regclass::text, ', ')
                       || '); they would stay with the old table: drop them first and create them again afterwards'
                FROM t JOIN pg_catalog.pg_depend d ON d.refclassid = 'pg_catalog.pg_class'::regclass AND d.refobjid = t.oid
                     AND d.classid = 'pg_catalog.pg_rewrite'::regclass
                JOIN pg_catalog.pg_rewrite r ON r.oid = d.objid AND r.ev_class <> t.oid
                JOIN pg_catalog.pg_class v ON v.oid = r.ev_class
                     AND (v.relkind NOT IN ('v', 'm') OR v.relpersistence = 't' OR r.rulename <> '_RETURN')
                HAVING count(*) > 0
                UNION ALL
                SELECT 'materialised views that read it have views, functions or statistics upon them ('
                       || string_agg(DISTINCT v.oid::regclass::text, ', ')
                       || '), which would stay with what they are built anew from: drop those first and create them again'
                       || ' afterwards'
                FROM t JOIN pg_catalog.pg_depend d ON d.refclassid = 'pg_catalog.pg_class'::regclass AND d.refobjid = t.oid
                     AND d.classid = 'pg_catalog.pg_rewrite'::regclass
                JOIN pg_catalog.pg_rewrite r ON r.oid = d.objid
                JOIN pg_catalog.pg_class v ON v.oid = r.ev_class AND v.relkind = 'm'
                JOIN pg_catalog.pg_type y ON y.oid = v.reltype
                WHERE EXISTS (SELECT FROM pg_catalog.pg_statistic_ext s WHERE s.stxrelid = v.oid)
                   OR EXISTS (SELECT FROM pg_catalog.pg_depend u
                              WHERE (u.refclassid = 'pg_catalog.pg_class'::regclass AND u.refobjid = v.oid
                                     OR u.refclassid = 'pg_catalog.pg_type'::regclass AND u.refobjid IN (y.oid, y.typarray))
                                AND u.deptype = 'n'
                                AND NOT (u.classid = 'pg_catalog.pg_rewrite'::regclass AND u.objid = r.oid))
                HAVING count(*) > 0
                UNION ALL
                SELECT 'other objects name it ('
                       || string_agg(DISTINCT pg_describe_object(d.classid, d.objid, d.objsubid), ', ')
                       || '); they would stay with the old table: drop them first and create them again afterwards'
                FROM t JOIN pg_catalog.pg_type y ON y.oid = t.reltype
                JOIN pg_catalog.pg_depend d ON d.refclassid = 'pg_catalog.pg_class'::regclass AND d.refobjid = t.oid
                     OR d.refclassid = 'pg_catalog.pg_type'::regclass AND d.refobjid IN (y.oid, y.typarray)
                WHERE CASE d.classid
                  WHEN 'pg_catalog.pg_policy'::regclass
                    THEN NOT EXISTS (SELECT FROM pg_catalog.pg_policy p WHERE p.oid = d.objid AND p.polrelid = t.oid)
                  WHEN 'pg_catalog.pg_trigger'::regclass
                    THEN NOT EXISTS (SELECT FROM pg_catalog.pg_trigger g WHERE g.oid = d.objid
                                     AND (g.tgrelid = t.oid OR g.tgisinternal))
                  WHEN 'pg_catalog.pg_attrdef'::regclass
                    THEN NOT EXISTS (SELECT FROM pg_catalog.pg_attrdef e WHERE e.oid = d.objid AND e.adrelid = t.oid)
                  WHEN 'pg_catalog.pg_constraint'::regclass
                    THEN NOT EXISTS (SELECT FROM pg_catalog.pg_constraint c WHERE c.oid = d.objid
                                     AND t.oid IN (c.conrelid, c.confrelid))
                  WHEN 'pg_catalog.pg_rewrite'::regclass
                    THEN d.refclassid = 'pg_catalog.pg_type'::regclass
                         AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend s WHERE s.classid = d.classid
                                         AND s.objid = d.objid AND s.refclassid = 'pg_catalog.pg_class'::regclass
                                         AND s.refobjid = t.oid)
                  ELSE false END
                HAVING count(*) > 0
                UNION ALL
                SELECT 'subscriptions write into it (' || string_agg(quote_ident(u.subname), ', ' ORDER BY u.subname)
                       || '), and would go on with the old table'
                FROM t JOIN pg_catalog.pg_subscription_rel m ON m.srrelid = t.oid
                JOIN pg_catalog.pg_subscription u ON u.oid = m.srsubid HAVING count(*) > 0
                UNION ALL
                SELECT 'foreign keys are not in force, as their triggers are disabled ('
                       || string_agg(DISTINCT format('%I on %s', c.conname, c.conrelid::regclass), ', ')
                       || '); they would be in force on the new table: enable them first (ALTER TABLE … ENABLE TRIGGER ALL)'
                FROM t JOIN pg_catalog.pg_constraint c ON c.contype = 'f' AND t.oid IN (c.conrelid, c.confrelid)
                JOIN pg_catalog.pg_trigger g ON g.tgconstraint = c.oid AND g.tgenabled <> 'O' HAVING count(*) > 0
                UNION ALL
                SELECT 'functions are bound to it or to its row type ('
                       || string_agg(DISTINCT d.objid::regprocedure::text, ', ')
                       || '); they would stay with the old table: drop them first and create them again afterwards'
                FROM t JOIN pg_catalog.pg_type y ON y.oid = t.reltype
                JOIN pg_catalog.pg_depend d ON d.classid = 'pg_catalog.pg_proc'::regclass
                     AND (d.refclassid = 'pg_catalog.pg_class'::regclass AND d.refobjid = t.oid
                          OR d.refclassid = 'pg_catalog.pg_type'::regclass AND d.refobjid IN (y.oid, y.typarray))
                HAVING count(*) > 0
                UNION ALL
                SELECT 'columns of other tables have its row type ('
                       || string_agg(DISTINCT d.objid::regclass::text, ', ') || '); they would keep the old one'
                FROM t JOIN pg_catalog.pg_type y ON y.oid = t.reltype
                JOIN pg_catalog.pg_depend d ON d.classid = 'pg_catalog.pg_class'::regclass AND d.objsubid > 0
                     AND d.refclassid = 'pg_catalog.pg_type'::regclass AND d.refobjid IN (y.oid, y.typarray)
                HAVING count(*) > 0
                UNION ALL
                SELECT 'it is a partition of ' || string_agg(h.inhparent::regclass::text, ', ')
                       || ', of which every partition must have the same columns: migrate that table'
                FROM t JOIN pg_catalog.pg_inherits h ON h.inhrelid = t.oid AND t.relispartition HAVING count(*) > 0
                UNION ALL
                SELECT 'it inherits from ' || string_agg(h.inhparent::regclass::text, ', ')
                       || ', whose queries read its rows, and another table cannot take its place there unnoticed: ALTER TABLE'
                       || ' … NO INHERIT first, or make the parent a partitioned table'
                FROM t JOIN pg_catalog.pg_inherits h ON h.inhrelid = t.oid AND NOT t.relispartition HAVING count(*) > 0
                UNION ALL
                SELECT 'tables inherit from it (' || string_agg(h.inhrelid::regclass::text, ', ')
                       || '), so that its queries read their rows, which a copy of it would not have: ALTER TABLE … NO INHERIT'
                       || ' first, or make it a partitioned table'
                FROM t JOIN pg_catalog.pg_inherits h ON h.inhparent = t.oid AND t.relkind <> 'p' HAVING count(*) > 0
                UNION ALL
                SELECT 'it has invalid indexes (' || string_agg(i.indexrelid::regclass::text, ', ')
                       || '): drop or rebuild them first'
                FROM t JOIN pg_catalog.pg_index i ON i.indrelid = t.oid AND NOT i.indisvalid HAVING count(*) > 0
                """, oid);
        findings.addAll(PartitionShape.findings(connection, oid));
        findings.addAll(PartitionedKeyShape.findings(connection, oid));
        return findings;
    }

    /** What goes over with the table, and may only be changed by somebody with these rights. One finding for each object. */
    static List<String> rightsMissing(Connection connection, long oid) throws SQLException {
        List<String> missing = PostgresCatalog.texts(connection, """
                WITH t AS (SELECT c.* FROM pg_catalog.pg_class c WHERE c.oid = ?::bigint::oid),
                ends AS (
                  SELECT DISTINCT c.oid, c.relowner, c.oid::regclass AS name,
                         'foreign keys of ' || c.oid::regclass || ' point to it' AS why
                  FROM t JOIN pg_catalog.pg_constraint k ON k.confrelid = t.oid AND k.contype = 'f'
                       AND k.conparentid = 0
                  JOIN pg_catalog.pg_class c ON c.oid = k.conrelid AND c.oid <> t.oid
                  UNION ALL
                  SELECT DISTINCT c.oid, c.relowner, c.oid::regclass, 'the view ' || c.oid::regclass || ' reads it'
                  FROM t JOIN pg_catalog.pg_depend d ON d.refclassid = 'pg_catalog.pg_class'::regclass
                       AND d.refobjid = t.oid AND d.classid = 'pg_catalog.pg_rewrite'::regclass
                  JOIN pg_catalog.pg_rewrite r ON r.oid = d.objid
                  JOIN pg_catalog.pg_class c ON c.oid = r.ev_class AND c.relkind IN ('v', 'm'))
                SELECT format('%s, and user %s does not own that: GRANT %I TO %I', e.why, current_user,
                              pg_get_userbyid(e.relowner), current_user)
                FROM ends e WHERE NOT pg_has_role(e.relowner, 'USAGE')
                UNION ALL
                SELECT DISTINCT format('%s, and user %s may not create in or use its schema: GRANT USAGE, CREATE ON SCHEMA %I TO'
                              || ' %I', e.why, current_user, n.nspname, current_user)
                FROM ends e JOIN pg_catalog.pg_class c ON c.oid = e.oid
                JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
                WHERE NOT has_schema_privilege(n.oid, 'USAGE')
                   OR c.relkind IN ('v', 'm') AND NOT has_schema_privilege(n.oid, 'CREATE')
                UNION ALL
                SELECT format('%s, and is built anew, for which its owner needs a right: GRANT CREATE ON SCHEMA %I TO %I',
                              e.why, n.nspname, pg_get_userbyid(c.relowner))
                FROM ends e JOIN pg_catalog.pg_class c ON c.oid = e.oid AND c.relkind = 'm'
                JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
                JOIN pg_catalog.pg_roles u ON u.rolname = current_user AND NOT u.rolsuper AND u.oid <> c.relowner
                WHERE NOT has_schema_privilege(c.relowner, n.oid, 'CREATE')
                UNION ALL
                SELECT DISTINCT format('its foreign keys point to %s, which user %s may not lock or refer to:'
                              || ' GRANT UPDATE, REFERENCES ON %s TO %I', p.oid::regclass, current_user, p.oid::regclass,
                              current_user)
                FROM t JOIN pg_catalog.pg_constraint k ON k.conrelid = t.oid AND k.contype = 'f' AND k.conparentid = 0
                JOIN pg_catalog.pg_class p ON p.oid = k.confrelid
                WHERE NOT has_table_privilege(p.oid, 'UPDATE, DELETE, TRUNCATE')
                   OR NOT (has_table_privilege(p.oid, 'REFERENCES') OR has_any_column_privilege(p.oid, 'REFERENCES'))
                UNION ALL
                SELECT format('the publication %I lists it, and user %s does not own that: GRANT %I TO %I', p.pubname,
                              current_user, pg_get_userbyid(p.pubowner), current_user)
                FROM t JOIN pg_catalog.pg_publication_rel m ON m.prrelid = t.oid
                JOIN pg_catalog.pg_publication p ON p.oid = m.prpubid AND p.pubname !~ '^shoofly_[a-z0-9]{8}$'
                WHERE NOT pg_has_role(p.pubowner, 'USAGE')
                UNION ALL
                SELECT format('its row-level security holds for user %s, who would not see all rows: ALTER ROLE %I BYPASSRLS',
                              current_user, current_user)
                FROM t WHERE row_security_active(t.oid)
                """, oid);
        missing.addAll(PartitionShape.rightsMissing(connection, oid));
        missing.addAll(PartitionedKeyShape.rightsMissing(connection, oid));
        return missing;
    }

    /** What the swap locks besides the table, and who gets the shadow's rows. */
    static List<String> warnings(Connection connection, long oid) throws SQLException {
        List<String> warnings = new ArrayList<>();
        List<String> locked = PostgresTies.locked(connection, oid, row -> row.getString("qualified"));
        if (!locked.isEmpty()) {
            warnings.add("the swap also locks " + String.join(", ", locked)
                    + ", for foreign keys or views tie them to the table");
        }
        warnings.addAll(PostgresCatalog.texts(connection, """
                WITH t AS (SELECT c.* FROM pg_catalog.pg_class c WHERE c.oid = ?::bigint::oid)
                SELECT 'the materialised views ' || string_agg(DISTINCT v.oid::regclass::text, ', ')
                       || ' go on reading the old table until the rollback window ends, and are then built anew beside and'
                       || ' exchanged, with what the new table holds at that time'
                FROM t JOIN pg_catalog.pg_depend d ON d.refclassid = 'pg_catalog.pg_class'::regclass AND d.refobjid = t.oid
                     AND d.classid = 'pg_catalog.pg_rewrite'::regclass
                JOIN pg_catalog.pg_rewrite r ON r.oid = d.objid
                JOIN pg_catalog.pg_class v ON v.oid = r.ev_class AND v.relkind = 'm'
                HAVING count(*) > 0
                UNION ALL
                SELECT format('the publication %I is FOR ALL TABLES, so who reads it gets the shadow as well', p.pubname)
                FROM pg_catalog.pg_publication p WHERE p.puballtables
                """, oid));
        warnings.addAll(PartitionShape.warnings(connection, oid));
        warnings.addAll(PartitionedKeyShape.warnings(connection, oid));
        if (knowsSchemas(connection)) {
            warnings.addAll(PostgresCatalog.texts(
                    connection,
                    "SELECT format('the publication %I publishes all tables of the schema, so who reads it gets the shadow as"
                            + " well', p.pubname)" + OF_THE_SCHEMA,
                    oid));
        }
        return warnings;
    }

    private static final String OF_THE_SCHEMA = " FROM pg_catalog.pg_class c"
            + " JOIN pg_catalog.pg_publication_namespace m ON m.pnnspid = c.relnamespace"
            + " JOIN pg_catalog.pg_publication p ON p.oid = m.pnpubid WHERE c.oid = ?::bigint::oid";

    private static boolean knowsSchemas(Connection connection) throws SQLException {
        return PostgresCatalog.test(
                connection, "SELECT to_regclass('pg_catalog.pg_publication_namespace') IS NOT NULL");
    }

    /**
     * A subscription of another PostgreSQL server stops for good at the first row of a table that it lacks, and the shadow is
     * one. Debezium, which says its name, takes it for one more table.
     */
    static List<String> subscribersOfAll(Connection connection, long oid) throws SQLException {
        boolean published = PostgresCatalog.test(
                        connection, "SELECT EXISTS (SELECT FROM pg_catalog.pg_publication WHERE puballtables)")
                || knowsSchemas(connection)
                        && PostgresCatalog.test(connection, "SELECT EXISTS (SELECT 1" + OF_THE_SCHEMA + ")", oid);
        if (!published) {
            return List.of();
        }
        return PostgresCatalog.texts(connection, """
                SELECT 'a publication of all tables, or of all of the schema, holds the shadow as well, and a subscription by'
                       || ' the slot ' || quote_ident(s.slot_name) || ' would stop at it, for all its tables: let the'
                       || ' publication list its tables, or drop the slot if nobody uses it'
                FROM pg_catalog.pg_replication_slots s
                LEFT JOIN pg_catalog.pg_stat_replication r ON r.pid = s.active_pid
                WHERE s.plugin = 'pgoutput' AND s.database = current_database() AND s.slot_name !~ '^shoofly_[a-z0-9]{8}$'
                  AND coalesce(r.application_name, '') !~* '^(debezium|shoofly)'
                """);
    }
}
