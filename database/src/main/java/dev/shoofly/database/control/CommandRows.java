package dev.shoofly.database.control;

import dev.shoofly.database.connection.ConnectionPool;
import dev.shoofly.model.MigrationId;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/** {@code shoofly.commands}: how a verb in another terminal or on another host reaches the running process. */
public final class CommandRows {
    private final ConnectionPool pool;

    CommandRows(ConnectionPool pool) {
        this.pool = pool;
    }

    /** @return the command's number */
    public long request(MigrationId id, Command.Verb verb) {
        return request(id, verb, null);
    }

    /**
     * @param forced of a cut-over; null: none
     * @return the command's number
     */
    public long request(MigrationId id, Command.Verb verb, @Nullable ForcedGates forced) {
        return pool.with("asking for " + verb + " of " + id, connection -> {
            try (PreparedStatement statement = connection.prepareStatement(
                    "INSERT INTO shoofly.commands (migration_id, verb, forced) VALUES (?, ?, ?)",
                    Statement.RETURN_GENERATED_KEYS)) {
                statement.setString(1, id.value());
                statement.setString(2, verb.name());
                statement.setString(3, forced == null ? null : Json.write(forced));
                statement.executeUpdate();
                try (ResultSet keys = statement.getGeneratedKeys()) {
                    keys.next();
                    return keys.getLong(1);
                }
            }
        });
    }

    /** What is to be done: a cancel is done when the migration is gone, its commands included. */
    private static final String OPEN = "(outcome IS NULL OR verb = 'CANCEL' AND outcome = '" + Command.CANCELLING
            + "' OR outcome IN ('" + Command.PAUSING + "', '" + Command.RESUMING + "'))";

    /** Commands that are unanswered, or begun and not carried out to their end, oldest first. */
    public List<Command> open(MigrationId id) {
        return pool.with(
                "reading the commands of " + id,
                connection ->
                        select(connection, "WHERE migration_id = ? AND " + OPEN + " ORDER BY command", id.value()));
    }

    /**
     * Everything that the owner of a paused migration asks, in one statement.
     *
     * @param epoch the migration's; empty: there is no such migration any more
     * @param open as {@link CommandRows#open}
     */
    public record Look(OptionalLong epoch, List<Command> open) {}

    /** On a connection that the caller has anyway. */
    public static Look look(Connection connection, MigrationId id) throws SQLException {
        OptionalLong epoch = OptionalLong.empty();
        List<Command> open = new ArrayList<>();
        try (PreparedStatement statement = Sql.prepare(
                        connection,
                        "SELECT m.epoch, c.command, c.verb, c.forced, c.outcome FROM shoofly.migrations m LEFT JOIN shoofly.commands c"
                                + " ON c.migration_id = m.id AND " + OPEN + " WHERE m.id = ? ORDER BY c.command",
                        id.value());
                ResultSet rows = statement.executeQuery()) {
            while (rows.next()) {
                epoch = OptionalLong.of(rows.getLong(1));
                String verb = rows.getString(3);
                if (verb != null) {
                    open.add(new Command(
                            rows.getLong(2),
                            id,
                            Command.Verb.valueOf(verb),
                            forced(rows.getString(4)),
                            rows.getString(5)));
                }
            }
        }
        return new Look(epoch, List.copyOf(open));
    }

    public Look look(MigrationId id) {
        return pool.with("reading the commands of " + id, connection -> look(connection, id));
    }

    /** In the transaction that does what it asks for, where that can be: whoever takes over then must not hear it again. */
    static void answer(Connection connection, Command command, String outcome) throws SQLException {
        Sql.update(connection, "UPDATE shoofly.commands SET outcome = ? WHERE command = ?", outcome, command.number());
    }

    /** The owner's; nothing is written under another epoch than the migration's: whoever has that one answers himself. */
    public void answer(Command command, long epoch, String outcome) {
        pool.with(
                "answering command " + command.number(),
                connection -> Sql.update(
                        connection,
                        "UPDATE shoofly.commands SET outcome = ? WHERE command = ?"
                                + " AND EXISTS (SELECT 1 FROM shoofly.migrations WHERE id = ? AND epoch = ?)",
                        outcome,
                        command.number(),
                        command.migration().value(),
                        epoch));
    }

    /**
     * Refuses the cancels of a migration that are not answered, or taken and not carried out: there is nothing left that they
     * could end, and whoever owns it next must not hear them. Nothing is written under another epoch than the migration's.
     */
    public void refuseCancels(MigrationId id, long epoch) {
        pool.with(
                "refusing the cancels of " + id,
                connection -> Sql.update(
                        connection,
                        "UPDATE shoofly.commands SET outcome = ? WHERE migration_id = ? AND verb = 'CANCEL' AND " + OPEN
                                + " AND EXISTS (SELECT 1 FROM shoofly.migrations WHERE id = ? AND epoch = ?)",
                        Command.CANCELLED_TOO_LATE,
                        id.value(),
                        id.value(),
                        epoch));
    }

    /** As above, those that were taken before the swap; in the transaction from which on they could be carried out again. */
    static void refuseTakenCancels(Connection connection, MigrationId id) throws SQLException {
        Sql.update(
                connection,
                "UPDATE shoofly.commands SET outcome = ? WHERE migration_id = ? AND verb = 'CANCEL' AND outcome = ?",
                Command.CANCELLED_TOO_LATE,
                id.value(),
                Command.CANCELLING);
    }

    /**
     * With a takeover, in its transaction: what the former owner had carried out, and not answered, is answered. Heard again it
     * would be carried out a second time, a pause after the resume that ended it.
     */
    static void answerBegun(Connection connection, MigrationId id) throws SQLException {
        for (Command begun : select(
                connection,
                "WHERE migration_id = ? AND outcome IN (?, ?)",
                id.value(),
                Command.PAUSING,
                Command.RESUMING)) {
            answer(
                    connection,
                    begun,
                    Command.PAUSING.equals(begun.outcome()) ? Command.PAUSED_UNTIL_TAKEN_OVER : Command.RESUMED);
        }
    }

    public Optional<Command> find(long number) {
        return pool.with(
                "reading command " + number,
                connection ->
                        select(connection, "WHERE command = ?", number).stream().findFirst());
    }

    private static List<Command> select(Connection connection, String where, Object... values) throws SQLException {
        List<Command> commands = new ArrayList<>();
        try (PreparedStatement statement = Sql.prepare(
                        connection,
                        "SELECT command, migration_id, verb, forced, outcome FROM shoofly.commands " + where,
                        values);
                ResultSet rows = statement.executeQuery()) {
            while (rows.next()) {
                commands.add(new Command(
                        rows.getLong(1),
                        new MigrationId(rows.getString(2)),
                        Command.Verb.valueOf(rows.getString(3)),
                        forced(rows.getString(4)),
                        rows.getString(5)));
            }
        }
        return commands;
    }

    private static @Nullable ForcedGates forced(@Nullable String json) {
        return json == null ? null : Json.read(json, ForcedGates.class);
    }
}
