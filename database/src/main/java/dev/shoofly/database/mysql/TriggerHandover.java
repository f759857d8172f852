package dev.shoofly.database.mysql;

import dev.shoofly.database.connection.SqlErrors;
import dev.shoofly.model.ErrorKind;
import dev.shoofly.model.MigrationId;
import dev.shoofly.model.MigrationPlan;
import dev.shoofly.model.ShooflyException;
import dev.shoofly.model.TableName;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Gives the source's triggers to the new table. Their names belong to the schema, so a trigger can be made on the new table
 * only when the old table's is gone, and no two DDL statements are one. Therefore stand-ins of other names are made on the
 * shadow beforehand, see {@link SourceTrigger#standIn}; RENAME alone puts them in charge; and under the same lock each
 * trigger is dropped from the old table, made on the new one, and its stand-in dropped. Wherever the server is interrupted
 * in this, every write of the application has each trigger once, and what is left can be done later.
 */
final class TriggerHandover {
    private final List<SourceTrigger> triggers;
    private final String prefix;
    private final TableName source;
    private final TableName shadow;

    TriggerHandover(MigrationId id, TableName source, TableName shadow, List<SourceTrigger> triggers) {
        this.triggers = triggers;
        this.prefix = "_" + id + "_t";
        this.source = source;
        this.shadow = shadow;
    }

    static TriggerHandover of(MigrationPlan plan) {
        return new TriggerHandover(
                plan.id(), plan.source(), plan.shadow(), Attached.of(plan).triggers());
    }

    private String standIn(int index) {
        return prefix + index;
    }

    /**
     * Makes the stand-ins and the triggers on the empty shadow and takes them away again: what the server refuses there, it
     * would refuse under the lock.
     *
     * @throws ShooflyException REFUSED
     */
    void rehearse(Connection connection) throws SQLException {
        requireFaithful(connection);
        for (int i = 0; i < triggers.size(); i++) {
            SourceTrigger trigger = triggers.get(i);
            String name = standIn(i) + "_rehearsed";
            try {
                Series.oneByOne(
                        connection,
                        List.of(
                                SourceTrigger.REMEMBER_SETTINGS,
                                trigger.settings(),
                                trigger.standIn(shadow, standIn(i), source),
                                "DROP TRIGGER " + MySqlNames.quote(shadow.sibling(standIn(i))),
                                trigger.create(shadow, name, "")));
            } catch (SQLException e) {
                if (SqlErrors.isTransient(e)) {
                    throw e;
                }
                throw refused(
                        trigger,
                        "the server refuses it on the altered table: " + SqlErrors.serverSaid(e)
                                + ". Drop it first, and create it as it is to be afterwards, or leave in place what it"
                                + " uses",
                        e);
            } finally {
                Series.oneByOne(connection, List.of(SourceTrigger.RESTORE_SETTINGS));
            }
            boolean same = MySqlCatalog.triggers(connection, shadow).stream().anyMatch(trigger::isAs);
            if (!same) {
                throw refused(trigger, "made anew from the catalog's text, it would be another one", null);
            }
            Series.oneByOne(connection, List.of("DROP TRIGGER " + MySqlNames.quote(shadow.sibling(name))));
        }
    }

    private void requireFaithful(Connection connection) throws SQLException {
        String collation = MySqlCatalog.defaultCollation(connection, source.schema());
        for (SourceTrigger trigger : triggers) {
            if (!trigger.databaseCollation().equals(collation)) {
                throw refused(
                        trigger,
                        "it was made when the database had the collation " + trigger.databaseCollation()
                                + ", which its variables keep; now it has " + collation
                                + ". Drop it and create it again first",
                        null);
            }
            if (!trigger.canBeSent(source)) {
                throw refused(
                        trigger,
                        "its text was written in the character set " + trigger.clientCharset()
                                + " and holds characters beyond ASCII. Drop it and create it again from a session with"
                                + " utf8mb4 first",
                        null);
            }
        }
    }

    private ShooflyException refused(SourceTrigger trigger, String why, @Nullable SQLException error) {
        return new ShooflyException(
                ErrorKind.REFUSED,
                "cannot migrate " + source + " with its trigger " + trigger.name() + ": " + why
                        + ". Nothing was changed.",
                error);
    }

    /** On the shadow, before the tables are locked; this session's writes do not ask the stand-ins. */
    void standIn(Connection connection) throws SQLException {
        if (triggers.isEmpty()) {
            return;
        }
        List<String> statements = new ArrayList<>(List.of(SourceTrigger.KEEP_STAND_INS_QUIET));
        statements.addAll(dropped(places(connection), shadow));
        statements.add(SourceTrigger.REMEMBER_SETTINGS);
        for (int i = 0; i < triggers.size(); i++) {
            statements.add(triggers.get(i).settings());
            statements.add(triggers.get(i).standIn(shadow, standIn(i), source));
            statements.add(SourceTrigger.RESTORE_SETTINGS);
        }
        Series.oneByOne(connection, statements);
    }

    /** Takes the stand-ins off a shadow that is not the table yet. Repeatable. */
    void withdraw(Connection connection) throws SQLException {
        if (!triggers.isEmpty()) {
            Series.oneByOne(connection, dropped(places(connection), shadow));
        }
    }

    private List<String> dropped(Map<String, String> places, TableName table) {
        return places.entrySet().stream()
                .filter(place ->
                        place.getKey().startsWith(prefix) && place.getValue().equals(table.table()))
                .map(place -> "DROP TRIGGER " + MySqlNames.quote(source.sibling(place.getKey())))
                .toList();
    }

    /** What follows the RENAME at once: from stand-ins to triggers. */
    List<String> afterRename() {
        Map<String, String> places = new HashMap<>();
        for (int i = 0; i < triggers.size(); i++) {
            places.put(triggers.get(i).name(), "the old table");
            places.put(standIn(i), source.table());
        }
        return settling(places);
    }

    /** What of it is not done yet. */
    List<String> left(Connection connection) throws SQLException {
        return triggers.isEmpty() ? List.of() : settling(places(connection));
    }

    private List<String> settling(Map<String, String> places) {
        List<String> statements = new ArrayList<>();
        for (int i = 0; i < triggers.size(); i++) {
            // A stand-in goes last: with it, its trigger has arrived.
            if (source.table().equals(places.get(standIn(i)))) {
                SourceTrigger trigger = triggers.get(i);
                String place = places.get(trigger.name());
                if (!source.table().equals(place)) {
                    if (place != null) {
                        statements.add("DROP TRIGGER " + MySqlNames.quote(source.sibling(trigger.name())));
                    }
                    statements.add(SourceTrigger.REMEMBER_SETTINGS);
                    statements.add(trigger.settings());
                    // Beside its stand-in, and so among the others in its order.
                    statements.add(
                            trigger.create(source, trigger.name(), "PRECEDES " + MySqlNames.quote(standIn(i)) + " "));
                    statements.add(SourceTrigger.RESTORE_SETTINGS);
                }
                statements.add("DROP TRIGGER " + MySqlNames.quote(source.sibling(standIn(i))));
            }
        }
        return statements;
    }

    /** Per trigger of the schema, the table that it is on. */
    private Map<String, String> places(Connection connection) throws SQLException {
        Map<String, String> places = new HashMap<>();
        SqlText.of(
                        "SELECT trigger_name, event_object_table FROM information_schema.triggers"
                                + " WHERE trigger_schema = ?",
                        source.schema())
                .list(connection, row -> places.put(row.getString(1), row.getString(2)));
        return places;
    }
}
