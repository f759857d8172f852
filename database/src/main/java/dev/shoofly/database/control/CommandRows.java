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
