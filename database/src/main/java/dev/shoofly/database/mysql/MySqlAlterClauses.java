package dev.shoofly.database.mysql;

import com.mysql.cj.jdbc.JdbcConnection;
import dev.shoofly.database.AlterClauses;
import dev.shoofly.database.connection.ConnectionPool;
import dev.shoofly.database.connection.SqlErrors;
import dev.shoofly.database.connection.SqlWork;
import dev.shoofly.model.ErrorKind;
import dev.shoofly.model.MigrationId;
import dev.shoofly.model.ShooflyException;
import dev.shoofly.model.TableName;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/** Taken apart by Debezium's grammar; what clauses have in common, and what comes of them, the server tells. */
final class MySqlAlterClauses implements AlterClauses {
    private final ConnectionPool pool;

    MySqlAlterClauses(ConnectionPool pool) {
        this.pool = pool;
    }

    @Override
    public List<Clause> takeApart(MigrationId id, TableName source, List<String> alters) {
        List<Clause> clauses = new ArrayList<>();
        Set<String> names = onTwin(id, source, twin -> {
            Set<String> all = twin.names(source);
            twin.run(alters);
            all.addAll(twin.names(twin.empty.name()));
            return all;
        });
        for (int text = 0; text < alters.size(); text++) {
            String alter = alters.get(text);
            List<String> parts = AlterText.clauses(alter, source)
                    .orElseThrow(() -> refused(source, "'" + alter.strip() + "' is not a list of clauses"));
            for (String sql : parts) {
                List<String> words = AlterText.words(sql);
                Set<String> known = new HashSet<>(words);
                known.retainAll(names);
                clauses.add(new Clause(
                        text,
                        sql,
                        AlterText.isCreate(alter),
                        known,
                        Key.of(words.get(0), words.size() > 1 ? words.get(1) : "")));
            }
        }
        return clauses;
    }

    @Override
    public Optional<String> objection(MigrationId id, TableName source, List<String> whole, List<List<String>> parts) {
        return onTwin(id, source, twin -> {
            twin.run(whole);
            String wanted = twin.definition();
            twin.empty.create();
            for (List<String> part : parts) {
                twin.run(part);
            }
            return wanted.equals(twin.definition())
                    ? Optional.empty()
                    : Optional.of("one after the other the parts would give another definition of the table");
        });
    }

    private <T> T onTwin(MigrationId id, TableName source, Work<T> work) {
        SqlWork<T> all = connection -> {
            Twin twin = new Twin(connection, id, source);
            try {
                twin.empty.create();
                return work.with(twin);
            } finally {
                twin.empty.drop();
            }
        };
        return pool.with(
                "trying the parts of an alteration of " + source + " on an empty table",
                // Past the pool, which takes "not supported" for a sign that the connection is broken.
                connection -> all.run(connection.unwrap(JdbcConnection.class)));
    }

    @FunctionalInterface
    private interface Work<T> {
        T with(Twin twin) throws SQLException;
    }

    /** The empty table, and what is done to it. */
    private record Twin(Connection connection, TableName source, EmptyTwin empty) {
        Twin(Connection connection, MigrationId id, TableName source) {
            this(connection, source, new EmptyTwin(connection, id, source));
        }

        /** As one statement where they can be. */
        void run(List<String> texts) throws SQLException {
            if (texts.stream().anyMatch(text -> AlterText.addsForeignKey(text, source))) {
                throw refused(source, "add the foreign key in a migration of its own");
            }
            Optional<NativeText> together = NativeText.of(texts, source);
            if (together.isPresent()) {
                run(together.get());
                return;
            }
            for (String text : texts) {
                run(NativeText.of(List.of(text), source)
                        .orElseThrow(() -> refused(source, "'" + text.strip() + "' is not understood")));
            }
        }

        private void run(NativeText text) throws SQLException {
            if (text.isRename()) {
                throw refused(source, "rename the table in a migration of its own");
            }
            ConnectionPool.execute(connection, MySqlNativeAlter.OPERATORS_ZONE);
            try {
                ConnectionPool.execute(
                        connection,
                        text.withChecks(source, empty.checks()).on(empty.name(), source, NativeText.Way.ANY));
            } catch (SQLException e) {
                if (SqlErrors.isTransient(e)) {
                    throw e;
                }
                throw refused(source, "on an empty copy the server says: " + SqlErrors.serverSaid(e));
            } finally {
                ConnectionPool.execute(connection, "SET SESSION time_zone = '+00:00'");
            }
        }

        /** In lower case. */
        Set<String> names(TableName table) throws SQLException {
            Set<String> names = new HashSet<>();
            for (String query : List.of(
                    "SELECT column_name FROM information_schema.columns WHERE table_schema = ? AND table_name = ?",
                    "SELECT index_name FROM information_schema.statistics WHERE table_schema = ? AND table_name = ?",
                    "SELECT constraint_name FROM information_schema.table_constraints"
                            + " WHERE table_schema = ? AND table_name = ?")) {
                SqlText.of(query, table.schema(), table.table())
                        .list(connection, row -> row.getString(1).toLowerCase(Locale.ROOT))
                        .forEach(names::add);
            }
            return names;
        }

        String definition() throws SQLException {
            return StepState.definition(connection, empty.name());
        }
    }

    private static ShooflyException refused(TableName source, String why) {
        return new ShooflyException(
                ErrorKind.REFUSED,
                "cannot split the alteration of " + source + ": " + why
                        + ". Nothing was changed. Leave --split out, or give the parts in migrations of their own.");
    }
}
