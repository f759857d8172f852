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

/** {@code shoofly.commands}: how a verb in another terminal or on another host reaches the running process. */
public final class CommandRows {
    private final ConnectionPool pool;

    CommandRows(ConnectionPool pool) {
        this.pool = pool;
    }

    /** @return the command's number */
    public long request(MigrationId id, Command.Verb verb) {
        return pool.with("asking for " + verb + " of " + id, connection -> {
            try (PreparedStatement statement = connection.prepareStatement(
                    "INSERT INTO shoofly.commands (migration_id, verb) VALUES (?, ?)",
                    Statement.RETURN_GENERATED_KEYS)) {
                statement.setString(1, id.value());
                statement.setString(2, verb.name());
                statement.executeUpdate();
                try (ResultSet keys = statement.getGeneratedKeys()) {
                    keys.next();
                    return keys.getLong(1);
                }
            }
        });
    }

    /** Unanswered commands, oldest first. */
    public List<Command> open(MigrationId id) {
        return pool.with(
                "reading the commands of " + id,
                connection ->
                        select(connection, "WHERE migration_id = ? AND outcome IS NULL ORDER BY command", id.value()));
    }

    /**
     * Everything that the owner of a paused migration asks, in one statement.
     *
     * @param epoch the migration's; empty: there is no such migration any more
     * @param open unanswered commands, oldest first
     */
    public record Look(OptionalLong epoch, List<Command> open) {}

    /** On a connection that the caller has anyway. */
    public static Look look(Connection connection, MigrationId id) throws SQLException {
        OptionalLong epoch = OptionalLong.empty();
        List<Command> open = new ArrayList<>();
        try (PreparedStatement statement = Sql.prepare(
                        connection,
                        "SELECT m.epoch, c.command, c.verb FROM shoofly.migrations m LEFT JOIN shoofly.commands c"
                                + " ON c.migration_id = m.id AND c.outcome IS NULL WHERE m.id = ? ORDER BY c.command",
                        id.value());
                ResultSet rows = statement.executeQuery()) {
            while (rows.next()) {
                epoch = OptionalLong.of(rows.getLong(1));
                String verb = rows.getString(3);
                if (verb != null) {
                    open.add(new Command(rows.getLong(2), id, Command.Verb.valueOf(verb), null));
                }
            }
        }
        return new Look(epoch, List.copyOf(open));
    }

    public Look look(MigrationId id) {
        return pool.with("reading the commands of " + id, connection -> look(connection, id));
    }

    public void answer(long number, String outcome) {
        pool.with(
                "answering command " + number,
                connection -> Sql.update(
                        connection, "UPDATE shoofly.commands SET outcome = ? WHERE command = ?", outcome, number));
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
                        "SELECT command, migration_id, verb, outcome FROM shoofly.commands " + where,
                        values);
                ResultSet rows = statement.executeQuery()) {
            while (rows.next()) {
                commands.add(new Command(
                        rows.getLong(1),
                        new MigrationId(rows.getString(2)),
                        Command.Verb.valueOf(rows.getString(3)),
                        rows.getString(4)));
            }
        }
        return commands;
    }
}
