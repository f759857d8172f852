package dev.shoofly.database.postgres;

import static dev.shoofly.database.connection.ConnectionPool.execute;
import static dev.shoofly.database.postgres.PostgresNames.quote;

import dev.shoofly.database.connection.SqlErrors;
import dev.shoofly.model.ErrorKind;
import dev.shoofly.model.MigrationId;
import dev.shoofly.model.ShooflyException;
import dev.shoofly.model.TableName;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Savepoint;
import java.util.List;

/**
 * Hangs on the empty twin what hangs on the source, so that the operator's ALTERs meet it there: a renamed column is renamed
 * in it, and what the server would refuse for its sake it refuses. The other ends of foreign keys, and the views, are
 * stand-ins in schemas of their own, for the real ones must not be locked. Afterwards it is read off the twin and taken
 * away: nothing of it may be at work on the shadow, where it would see our writes, or stand in the way of an application
 * whose change the shadow lacks yet.
 *
 * <p>Texts are read with a search path on which nothing but the table is found, so that they name it without a schema and
 * everything else with one, and are run with a path on which the name means the other table. One transaction; one use.
 */
final class TwinAttachments {
    private final Connection connection;
    private final TableFacts source;
    private final TableName twin;
    private final StandIns standIns;
    private final TwinForeignKeys foreignKeys;
    private final TwinViews views;

    private TwinAttachments(Connection connection, MigrationId id, TableFacts source, TableName twin) {
        this.connection = connection;
        this.source = source;
        this.twin = twin;
        this.standIns = new StandIns(connection, id);
        this.foreignKeys = new TwinForeignKeys(connection, source, twin, standIns);
        this.views = new TwinViews(connection, source, twin, standIns);
    }

    /** Leaves the search path as {@link PostgresCatalog#qualifyEverything} does. */
    static TwinAttachments hangOn(Connection connection, MigrationId id, TableFacts source, TableName twin)
            throws SQLException {
        TwinAttachments attachments = new TwinAttachments(connection, id, source, twin);
        try {
            attachments.hang();
        } catch (SQLException e) {
            if (SqlErrors.isTransient(e)) {
                throw e;
            }
            throw new ShooflyException(
                    ErrorKind.REFUSED,
                    "what hangs on " + source.name() + " cannot be made anew on an empty copy of it: "
                            + SqlErrors.serverSaid(e) + ". Nothing was changed.",
                    e);
        }
        PostgresCatalog.qualifyEverything(connection);
        return attachments;
    }

    private void hang() throws SQLException {
        List<String> hooks = TableHooks.statements(connection, source.name(), source.oid());
        PostgresCatalog.searchPath(
                connection, quote(twin.schema()) + ", " + quote(source.name().schema()));
        for (String hook : hooks) {
            execute(connection, hook);
        }
        foreignKeys.hang();
        views.hang();
        refuseTiesToTheSource();
    }

    /** The server spells a table with its schema where a subquery of that name is in sight: such a text means the original. */
    private void refuseTiesToTheSource() throws SQLException {
        String tied = PostgresCatalog.text(connection, """
                SELECT string_agg(DISTINCT pg_catalog.pg_describe_object(d.classid, d.objid, 0), ', ')
                FROM pg_catalog.pg_depend d
                LEFT JOIN pg_catalog.pg_rewrite r ON d.classid = 'pg_catalog.pg_rewrite'::regclass AND r.oid = d.objid
                LEFT JOIN pg_catalog.pg_policy p ON d.classid = 'pg_catalog.pg_policy'::regclass AND p.oid = d.objid
                LEFT JOIN pg_catalog.pg_trigger g ON d.classid = 'pg_catalog.pg_trigger'::regclass AND g.oid = d.objid
                JOIN pg_catalog.pg_class c ON c.oid = coalesce(r.ev_class, p.polrelid, g.tgrelid)
                JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
                WHERE d.refclassid = 'pg_catalog.pg_class'::regclass AND d.refobjid = ?::bigint::oid
                  AND starts_with(n.nspname::text, ?)
                """, source.oid(), twin.schema());
        if (tied != null) {
            throw new ShooflyException(
                    ErrorKind.REFUSED,
                    "what hangs on " + source.name()
                            + " has a subquery of the table's own name, and cannot be made anew: "
                            + inOriginalNames(tied)
                            + ". Give the subquery another name, or drop what has it and create it again afterwards. Nothing"
                            + " was changed.");
        }
    }

    /** As the swap will: what the altered table cannot have must not be found out there. */
    private void rehearse(List<String> hooks) throws SQLException {
        Savepoint before = connection.setSavepoint();
        PostgresCatalog.searchPath(connection, quote(twin.schema()));
        for (String hook : hooks) {
            try {
                execute(connection, hook);
            } catch (SQLException e) {
                if (SqlErrors.isTransient(e)) {
                    throw e;
                }
                throw new ShooflyException(
                        ErrorKind.REFUSED,
                        "what hangs on " + source.name() + " cannot hang on the altered table: "
                                + inOriginalNames(SqlErrors.serverSaid(e)) + " (" + inOriginalNames(hook)
                                + "). Drop it first and create it again afterwards. Nothing was changed.",
                        e);
            }
        }
        connection.rollback(before);
        PostgresCatalog.qualifyEverything(connection);
    }

    /** What the server said while they were there, in the names that the operator knows. */
    String inOriginalNames(String words) {
        return standIns.inOriginalNames(words)
                .replace(twin.schema() + ".", source.name().schema() + ".");
    }

    /** @param back the same for the way back, on which the old table takes the new one's place */
    record TakenOff(Attached there, Attached back) {}

    /** After the operator's ALTERs. */
    TakenOff takeOff(ColumnTracker columns) throws SQLException {
        TableFacts altered = PostgresCatalog.read(connection, twin);
        Attached.Builder there = new Attached.Builder();
        Attached.Builder back = new Attached.Builder();
        List<PublicationEntries.Entry> publications = PublicationEntries.of(connection, source, altered, columns);
        publications.forEach(entry -> {
            there.before(entry.removal());
            back.before(entry.removal());
        });
        foreignKeys.takeOff(altered, columns, there, back);
        views.takeOff(there, back);
        List<String> hooks = TableHooks.statements(connection, twin, altered.oid());
        PostgresCatalog.qualifyEverything(connection);
        for (String removal : TableHooks.removal(connection, twin, altered.oid())) {
            execute(connection, removal);
        }
        rehearse(hooks);
        if (!hooks.isEmpty()) {
            // Nobody else writes the old table any more, and its triggers are not to fire for us.
            there.before(triggersOff());
            back.before(triggersOff());
            there.after("SET LOCAL search_path = " + quote(source.name().schema()));
            hooks.forEach(there::after);
            TableHooks.enabling(connection, source.name(), source.oid()).forEach(back::after);
        }
        for (Attached.Builder each : List.of(there, back)) {
            if (each.hasAfter()) {
                each.after("SET LOCAL search_path = pg_catalog");
            }
        }
        publications.forEach(entry -> {
            there.after(entry.addition());
            back.after(entry.original());
        });
        return new TakenOff(
                there.build(views.names(), foreignKeys.otherEnds()),
                back.build(views.names(), foreignKeys.otherEnds()));
    }

    private String triggersOff() {
        return "ALTER TABLE " + quote(source.name()) + " DISABLE TRIGGER USER";
    }
}
