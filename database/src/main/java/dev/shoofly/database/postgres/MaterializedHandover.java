package dev.shoofly.database.postgres;

import static dev.shoofly.database.connection.ConnectionPool.execute;
import static dev.shoofly.database.postgres.PostgresNames.literal;
import static dev.shoofly.database.postgres.PostgresNames.quote;

import dev.shoofly.database.connection.ConnectionProfile;
import dev.shoofly.database.connection.LongStatement;
import dev.shoofly.database.connection.Pause;
import dev.shoofly.database.connection.Retry;
import dev.shoofly.database.connection.SqlErrors;
import dev.shoofly.database.connection.Transactions;
import dev.shoofly.database.postgres.Attached.Materialized;
import dev.shoofly.model.ErrorKind;
import dev.shoofly.model.MigrationPlan;
import dev.shoofly.model.ShooflyException;
import dev.shoofly.model.TableName;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Gives materialised views to the new table. Their queries cannot be replaced, and filling one takes its time, so the swap leaves
 * them where they are: on the old table, with their contents, and on the way back with the table that gets its name again. When
 * nothing leads back any more, each is built beside, filled, and exchanged for the old one in a moment: it can be read at any
 * time, and never holds older rows than before.
 */
final class MaterializedHandover {
    private static final Logger LOG = LoggerFactory.getLogger(MaterializedHandover.class);
    private static final int TRIES = 5;
    private static final Duration PAUSE = Duration.ofMillis(500);
    /** While it is built; how long it waits to be exchanged has no limit. */
    private static final Retry LOCK_CONFLICTS =
            new Retry(Duration.ofMinutes(10), Duration.ofMillis(100), Duration.ofSeconds(1), error -> {});

    private final ConnectionProfile profile;
    private final MigrationPlan plan;
    private final long oldTable;
    private final Materialized view;
    private final TableName name;
    private final TableName built;

    private MaterializedHandover(ConnectionProfile profile, MigrationPlan plan, Materialized view, int number) {
        this.profile = profile;
        this.plan = plan;
        this.oldTable = SwapState.of(plan).sourceOid();
        this.view = view;
        this.name = new TableName(view.schema(), view.name());
        this.built = new TableName(view.schema(), "_" + plan.id() + "_m" + number);
    }

    /** Repeatable; what is not as it was prepared any more is left alone. */
    static void run(ConnectionProfile profile, MigrationPlan plan) {
        int number = 0;
        for (Materialized view : SwapState.of(plan).attached().materialized()) {
            MaterializedHandover handover = new MaterializedHandover(profile, plan, view, ++number);
            LOCK_CONFLICTS.call("giving the materialised view " + handover.name + " to " + plan.source(), () -> {
                handover.handOver();
                return true;
            });
        }
    }

    private void handOver() throws SQLException {
        try (Connection connection = PostgresSession.connect(profile)) {
            // In no transaction, so for the session.
            execute(connection, "SET search_path = pg_catalog");
            for (int i = 0; i < TRIES; i++) {
                execute(connection, "DROP MATERIALIZED VIEW IF EXISTS " + quote(built));
                if (!readsOldTable(connection, name)) {
                    return;
                }
                LOG.info("building {} anew over the new {}", name, plan.source());
                List<TableFacts.Index> indexes =
                        PostgresCatalog.read(connection, name).indexes();
                String seen = properties(connection, oid(connection, name));
                build(connection, indexes);
                if (exchangeWhenFree(connection, indexes, seen)) {
                    return;
                }
            }
            throw new ShooflyException(ErrorKind.TRANSIENT, name + " was changed again and again meanwhile");
        } catch (SQLException e) {
            if (SqlErrors.isTransient(e)) {
                throw e;
            }
            throw new ShooflyException(
                    ErrorKind.DATA,
                    "the materialised view " + name + " could not be built anew over the new table " + plan.source()
                            + ": " + SqlErrors.serverSaid(e) + ". The new table is in use, and the view still reads "
                            + plan.old() + ". Correct that, or drop the view, and run 'resume " + plan.id() + "'.",
                    e);
        }
    }

    private boolean readsOldTable(Connection connection, TableName materialized) throws SQLException {
        return PostgresCatalog.test(
                connection,
                "SELECT true FROM pg_class v JOIN pg_namespace n ON n.oid = v.relnamespace"
                        + " JOIN pg_rewrite r ON r.ev_class = v.oid"
                        + " JOIN pg_depend d ON d.classid = 'pg_rewrite'::regclass AND d.objid = r.oid"
                        + " AND d.refclassid = 'pg_class'::regclass AND d.refobjid = ?::bigint::oid"
                        + " WHERE v.relkind = 'm' AND n.nspname = ? AND v.relname = ? LIMIT 1",
                oldTable,
                materialized.schema(),
                materialized.table());
    }

    private void build(Connection connection, List<TableFacts.Index> indexes) throws SQLException {
        long from = oid(connection, name);
        String storage = PostgresCatalog.text(
                connection,
                "SELECT format('USING %I', am.amname) || CASE WHEN ts.oid IS NULL THEN ''"
                        + " ELSE format(' TABLESPACE %I', ts.spcname) END"
                        + " FROM pg_class c JOIN pg_am am ON am.oid = c.relam"
                        + " LEFT JOIN pg_tablespace ts ON ts.oid = c.reltablespace WHERE c.oid = ?::bigint::oid",
                from);
        execute(
                connection,
                "SET search_path = " + quote(plan.source().schema()) + "; CREATE MATERIALIZED VIEW " + quote(built)
                        + " " + storage + " AS " + view.query() + " WITH NO DATA; SET search_path = pg_catalog");
        // The owner is who runs the query, from the first time on.
        for (String owner : PostgresCatalog.texts(
                connection,
                "SELECT r.rolname FROM pg_class c JOIN pg_roles r ON r.oid = c.relowner"
                        + " WHERE c.oid = ?::bigint::oid AND r.rolname <> current_user",
                from)) {
            execute(connection, "ALTER MATERIALIZED VIEW " + quote(built) + " OWNER TO " + quote(owner));
        }
        for (int i = 0; i < indexes.size(); i++) {
            create(connection, indexes.get(i), temporary(i));
        }
        TwinDetails.copyOptions(connection, from, quote(built));
        for (String statement : details(connection, from)) {
            execute(connection, statement);
        }
        fill(connection, from);
    }

    private String temporary(int index) {
        return built.table() + "_" + (index + 1);
    }

    private void create(Connection connection, TableFacts.Index index, String temporary) throws SQLException {
        String indexName = quote(built.schema(), temporary);
        execute(
                connection,
                "CREATE " + (index.unique() ? "UNIQUE " : "") + "INDEX " + quote(temporary) + " ON " + quote(built)
                        + " " + index.tail());
        if (index.tablespace() != null) {
            execute(connection, "ALTER INDEX " + indexName + " SET TABLESPACE " + quote(index.tablespace()));
        }
        if (index.clustered()) {
            execute(connection, "ALTER MATERIALIZED VIEW " + quote(built) + " CLUSTER ON " + quote(temporary));
        }
        if (index.comment() != null) {
            execute(connection, "COMMENT ON INDEX " + indexName + " IS " + literal(index.comment()));
        }
    }

    private List<String> details(Connection connection, long from) throws SQLException {
        return PostgresCatalog.texts(
                connection, """
                WITH a AS (SELECT a.*, to_jsonb(a) ->> 'attcompression' AS compression, t.typstorage
                           FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid
                           WHERE a.attrelid = ?::bigint::oid AND a.attnum > 0 AND NOT a.attisdropped)
                SELECT format('ALTER MATERIALIZED VIEW %s ALTER COLUMN %I SET STORAGE %s', ?, attname,
                              CASE attstorage WHEN 'p' THEN 'PLAIN' WHEN 'e' THEN 'EXTERNAL' WHEN 'm' THEN 'MAIN'
                                              ELSE 'EXTENDED' END)
                FROM a WHERE attstorage <> typstorage
                UNION ALL
                SELECT format('ALTER MATERIALIZED VIEW %s ALTER COLUMN %I SET COMPRESSION %s', ?, attname,
                              CASE compression WHEN 'l' THEN 'lz4' ELSE 'pglz' END)
                FROM a WHERE compression <> ''
                UNION ALL
                SELECT format('COMMENT ON COLUMN %s.%I IS %L', ?, attname, col_description(attrelid, attnum))
                FROM a WHERE col_description(attrelid, attnum) IS NOT NULL
                UNION ALL
                SELECT format('COMMENT ON MATERIALIZED VIEW %s IS %L', ?, obj_description(oid, 'pg_class'))
                FROM pg_class WHERE oid = ?::bigint::oid AND obj_description(oid, 'pg_class') IS NOT NULL
                """, from, quote(built), quote(built), quote(built), quote(built), from);
    }

    private void fill(Connection connection, long from) throws SQLException {
        if (!PostgresCatalog.test(connection, "SELECT relispopulated FROM pg_class WHERE oid = ?::bigint::oid", from)) {
            return;
        }
        // A failure ends the connection.
        FillSettings.apply(connection, from);
        LongStatement.run(connection, "REFRESH MATERIALIZED VIEW " + quote(built), () -> true);
        execute(connection, "ANALYZE " + quote(built));
        FillSettings.restore(connection);
    }

    /**
     * Somebody's REFRESH or query has its time, were it hours; who comes after waits behind us for a moment only. What is
     * built stays as good: the old table is written no more.
     *
     * @return as {@link #exchange}
     */
    private boolean exchangeWhenFree(Connection connection, List<TableFacts.Index> indexes, String seen)
            throws SQLException {
        boolean told = false;
        while (true) {
            try {
                return exchange(connection, indexes, seen);
            } catch (SQLException e) {
                if (SqlErrors.isConnectionLoss(e) || !SqlErrors.isTransient(e)) {
                    throw e;
                }
                if (!told) {
                    LOG.warn("{} is in use; its new one takes its place when it is free: {}", name, e.getMessage());
                    told = true;
                }
            }
            Pause.exactly(PAUSE, "exchanging the materialised view " + name);
        }
    }

    /** What is copied or decided before it is filled, and others can change meanwhile. */
    private static String properties(Connection connection, long oid) throws SQLException {
        return String.valueOf(PostgresCatalog.text(
                connection,
                "SELECT concat_ws(' ', c.relispopulated, c.relowner, c.reloptions, t.reloptions) FROM pg_class c"
                        + " LEFT JOIN pg_class t ON t.oid = c.reltoastrelid WHERE c.oid = ?::bigint::oid",
                oid));
    }

    /** @return false when its indexes or {@link #properties} have changed since */
    private boolean exchange(Connection connection, List<TableFacts.Index> indexes, String seen) throws SQLException {
        connection.setAutoCommit(false);
        try {
            execute(connection, "SET LOCAL lock_timeout = '100ms'");
            TableName aside = new TableName(built.schema(), built.table() + "_old");
            // Which locks it, so that what is read now is what is dropped.
            execute(connection, "ALTER MATERIALIZED VIEW " + quote(name) + " RENAME TO " + quote(aside.table()));
            if (!readsOldTable(connection, aside)
                    || !properties(connection, oid(connection, aside)).equals(seen)
                    || !definitions(PostgresCatalog.read(connection, aside).indexes())
                            .equals(definitions(indexes))) {
                return false;
            }
            long from = oid(connection, aside);
            List<String> statements = new ArrayList<>(
                    GrantStatements.relation(connection, "TABLE " + quote(built), from, oid(connection, built)));
            statements.addAll(grantsOfColumns(connection, from));
            statements.add("DROP MATERIALIZED VIEW " + quote(aside));
            statements.add("ALTER MATERIALIZED VIEW " + quote(built) + " RENAME TO " + quote(name.table()));
            for (int i = 0; i < indexes.size(); i++) {
                statements.add("ALTER INDEX " + quote(built.schema(), temporary(i)) + " RENAME TO "
                        + quote(indexes.get(i).name()));
            }
            execute(connection, String.join(";\n", statements));
            connection.commit();
            return true;
        } finally {
            Transactions.rollbackQuietly(connection);
            connection.setAutoCommit(true);
        }
    }

    private static List<String> definitions(List<TableFacts.Index> indexes) {
        return indexes.stream()
                .map(index -> index.name() + (index.unique() ? " unique " : " ") + index.tail())
                .toList();
    }

    private List<String> grantsOfColumns(Connection connection, long from) throws SQLException {
        return PostgresCatalog.texts(
                connection,
                "SELECT format('GRANT %s (%I) ON TABLE %s TO %s%s', a.privilege_type, c.attname, ?::text,"
                        + "   CASE WHEN a.grantee = 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(a.grantee)) END,"
                        + "   CASE WHEN a.is_grantable THEN ' WITH GRANT OPTION' ELSE '' END)"
                        + " FROM pg_attribute c, aclexplode(c.attacl) a"
                        + " WHERE c.attrelid = ?::bigint::oid AND c.attnum > 0 AND NOT c.attisdropped",
                quote(built),
                from);
    }

    private static long oid(Connection connection, TableName relation) throws SQLException {
        return PostgresCatalog.oid(connection, relation).orElseThrow();
    }
}
