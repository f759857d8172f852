package dev.shoofly.database.postgres;

import static dev.shoofly.database.postgres.PostgresNames.quote;

import dev.shoofly.database.AlterClauses;
import dev.shoofly.database.connection.ConnectionPool;
import dev.shoofly.database.connection.SqlErrors;
import dev.shoofly.database.connection.SqlWork;
import dev.shoofly.database.connection.Transactions;
import dev.shoofly.database.postgres.SqlTokens.Token;
import dev.shoofly.model.ErrorKind;
import dev.shoofly.model.MigrationId;
import dev.shoofly.model.ShooflyException;
import dev.shoofly.model.TableName;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Savepoint;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Taken apart by tokens; what clauses have in common, and what comes of them, the server tells on an empty table. What cannot be
 * tried there hangs on the table and changes nothing of its definition.
 */
final class PostgresAlterClauses implements AlterClauses {
    private final ConnectionPool pool;

    PostgresAlterClauses(ConnectionPool pool) {
        this.pool = pool;
    }

    @Override
    public List<Clause> takeApart(MigrationId id, TableName source, List<String> alters) {
        List<List<NativeClause>> texts = NativeClause.of(alters, source);
        if (texts.stream().flatMap(List::stream).anyMatch(NativeClause::movesTable)) {
            throw refused(source, "rename the table, or move it to another schema, in a migration of its own");
        }
        Set<String> names = undone(id, source, twin -> {
            Set<String> all = twin.names();
            twin.run(texts);
            all.addAll(twin.names());
            return all;
        });
        List<Clause> clauses = new ArrayList<>();
        for (int text = 0; text < texts.size(); text++) {
            for (NativeClause clause : texts.get(text)) {
                clauses.add(clause(text, clause, source, names));
            }
        }
        return clauses;
    }

    private static Clause clause(int text, NativeClause clause, TableName source, Set<String> names) {
        boolean action = clause.kind() == NativeClause.Kind.ACTION;
        Set<String> known = new HashSet<>();
        clause.tokens().stream()
                .filter(Token::isIdentifier)
                .map(Token::identifier)
                .filter(names::contains)
                .forEach(known::add);
        if (!clause.index().isEmpty()) {
            known.add(clause.index());
        }
        return new Clause(
                text,
                action ? clause.text() : clause.statement(source),
                // A renaming cannot share a statement with others.
                clause.standsAlone(),
                known,
                key(clause));
    }

    private static Key key(NativeClause clause) {
        return switch (clause.kind()) {
            case CREATE_INDEX, CREATE_UNIQUE_INDEX -> Key.ADDS;
            case DROP_INDEX -> Key.DROPS;
            case ALTER_INDEX -> Key.NOTHING;
            case ACTION -> {
                String[] words = clause.words(2).split(" ", 2);
                yield Key.of(words[0], words.length > 1 ? words[1] : "");
            }
        };
    }

    @Override
    public Optional<String> objection(MigrationId id, TableName source, List<String> whole, List<List<String>> parts) {
        return undone(id, source, twin -> {
            Savepoint untouched = twin.connection.setSavepoint();
            twin.run(NativeClause.of(whole, source));
            String wanted = twin.trial.session().definition();
            twin.connection.rollback(untouched);
            for (List<String> part : parts) {
                twin.run(NativeClause.of(part, source));
            }
            return wanted.equals(twin.trial.session().definition())
                    ? Optional.empty()
                    : Optional.of("one after the other the parts would give another definition of the table");
        });
    }

    private <T> T undone(MigrationId id, TableName source, Work<T> work) {
        SqlWork<T> all = open -> {
            NativeTrial trial = new NativeTrial(open, id, source);
            EmptyTwin.create(open, PostgresCatalog.read(open, source), trial.twin());
            return work.with(new Twin(open, source, trial));
        };
        return pool.with(
                "trying the parts of an alteration of " + source + " on an empty table",
                connection -> Transactions.undone(connection, all));
    }

    @FunctionalInterface
    private interface Work<T> {
        T with(Twin twin) throws SQLException;
    }

    /** The empty table, and what is done to it. */
    private record Twin(Connection connection, TableName source, NativeTrial trial) {
        void run(List<List<NativeClause>> texts) throws SQLException {
            try {
                trial.session().run(NativeTrial.statements(trial.triable(texts), trial.twin()));
            } catch (SQLException e) {
                if (SqlErrors.isTransient(e)) {
                    throw e;
                }
                throw refused(source, "on an empty copy the server says: " + SqlErrors.serverSaid(e));
            }
        }

        Set<String> names() throws SQLException {
            return new HashSet<>(PostgresCatalog.texts(
                    connection,
                    "WITH t AS (SELECT to_regclass(?) AS oid) SELECT a.attname FROM t JOIN pg_catalog.pg_attribute a"
                            + " ON a.attrelid = t.oid AND a.attnum > 0 AND NOT a.attisdropped"
                            + " UNION SELECT c.conname FROM t JOIN pg_catalog.pg_constraint c ON c.conrelid = t.oid"
                            + " UNION SELECT c.relname FROM t JOIN pg_catalog.pg_index i ON i.indrelid = t.oid"
                            + " JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid",
                    quote(trial.twin())));
        }
    }

    private static ShooflyException refused(TableName source, String why) {
        return new ShooflyException(
                ErrorKind.REFUSED,
                "cannot split the alteration of " + source + ": " + why
                        + ". Nothing was changed. Leave --split out, or give the parts in migrations of their own.");
    }
}
