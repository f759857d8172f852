package dev.shoofly.database.postgres;

import static dev.shoofly.database.connection.ConnectionPool.execute;
import static dev.shoofly.database.postgres.PostgresNames.quote;

import dev.shoofly.database.connection.ConnectionProfile;
import dev.shoofly.database.connection.LongStatement;
import dev.shoofly.database.connection.Retry;
import dev.shoofly.database.connection.SqlErrors;
import dev.shoofly.database.postgres.Attached.Validation;
import dev.shoofly.model.ErrorKind;
import dev.shoofly.model.MigrationPlan;
import dev.shoofly.model.ShooflyException;
import dev.shoofly.model.TableName;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Has the server read the rows of the foreign keys that the swap added, while everybody works. Repeatable. The constraints are
 * found by their numbers, for somebody may rename a table meanwhile. They are in force whether their rows are read or not, so
 * one that cannot be validated is nobody's failure: it is told, with the statement that does it.
 */
final class LateValidation {
    private static final Logger LOG = LoggerFactory.getLogger(LateValidation.class);
    private static final String FOREIGN_KEY_VIOLATION = "23503";
    /** Another one's VACUUM or ALTER has its time. */
    private static final Retry LOCK_CONFLICTS =
            new Retry(Duration.ofMinutes(10), Duration.ofMillis(200), Duration.ofSeconds(5), error -> {});

    private final ConnectionProfile profile;
    private final MigrationPlan plan;
    private final Retry conflicts;
    private final Attached attached;
    private final long live;
    private final List<String> left = new ArrayList<>();

    private LateValidation(ConnectionProfile profile, MigrationPlan plan, Retry conflicts) {
        this.profile = profile;
        this.plan = plan;
        this.conflicts = conflicts;
        this.attached = SwapState.of(plan).attached();
        this.live = SwapState.of(plan).shadowOid();
    }

    /**
     * @param maxStall for how long the application may be made to wait at a time
     * @return what could not be done, and how to do it, for people; empty: all is done
     */
    static List<String> run(ConnectionProfile profile, MigrationPlan plan, Duration maxStall) {
        return run(profile, plan, maxStall, LOCK_CONFLICTS);
    }

    /** As above, with a patience of its own for each constraint. */
    static List<String> run(ConnectionProfile profile, MigrationPlan plan, Duration maxStall, Retry conflicts) {
        LateValidation run = new LateValidation(profile, plan, conflicts);
        for (Validation validation : run.attached.validations()) {
            run.attempt("", () -> run.validate(validation));
        }
        for (Attached.PartitionedKey key : run.attached.partitioned()) {
            PartitionedKeyCompletion completion =
                    new PartitionedKeyCompletion(profile, plan, key, maxStall, run::validate);
            run.attempt(completion.byHand(), completion::run);
        }
        return List.copyOf(run.left);
    }

    /** @param advice empty: the error has it */
    private void attempt(String advice, Runnable work) {
        try {
            work.run();
        } catch (ShooflyException e) {
            boolean ofTheKeyAlone = switch (e.kind()) {
                case REFUSED, DATA -> true;
                case TRANSIENT, AMBIGUOUS, SUPERSEDED, NO_SPACE -> false;
            };
            if (!ofTheKeyAlone) {
                throw e;
            }
            LOG.warn("{}", e.getMessage(), e);
            left.add(e.getMessage() + advice);
        }
    }

    private void validate(Validation validation) {
        Optional<Long> constraint = look(validation);
        if (constraint.isEmpty()) {
            LOG.info("{} is not there any more: somebody has dropped it, or its table", words(validation));
            return;
        }
        validate(constraint.get());
    }

    private Optional<Long> look(Validation validation) {
        try {
            return conflicts.call("looking for " + words(validation), () -> {
                try (Connection connection = PostgresSession.connect(profile)) {
                    return find(connection, validation);
                }
            });
        } catch (ShooflyException e) {
            if (e.kind() != ErrorKind.REFUSED) {
                throw e;
            }
            throw notRead(new Named(validation.table(), validation.constraint(), false), e, "that is mended");
        }
    }

    private static ShooflyException notRead(Named named, ShooflyException why, String when) {
        return new ShooflyException(
                ErrorKind.REFUSED,
                "the foreign key \"" + named.name() + "\" of " + named.table()
                        + " is in force for what is written, but stays NOT VALID, for the server did not get to read its"
                        + " rows: " + why.getMessage() + ". When " + when + ", run: " + named.statement(),
                why);
    }

    private static String words(Validation validation) {
        return "the foreign key \"" + validation.constraint() + "\" of " + validation.table();
    }

    /** A foreign key of the table that is live now, or to it. */
    private record Candidate(long constraint, long table, boolean named) {}

    private Optional<Long> find(Connection connection, Validation validation) throws SQLException {
        boolean own = validation.table().equals(quote(plan.source()));
        List<Candidate> candidates = PostgresCatalog.query(
                connection,
                "SELECT oid::bigint, conrelid::bigint, coalesce(conrelid = to_regclass(?), false)"
                        + " FROM pg_catalog.pg_constraint WHERE contype = 'f' AND conparentid = 0 AND conname = ? AND "
                        + (own ? "conrelid" : "conrelid <> confrelid AND confrelid") + " = ?::bigint::oid",
                row -> new Candidate(row.getLong(1), row.getLong(2), row.getBoolean(3)),
                validation.table(),
                validation.constraint(),
                live);
        if (candidates.size() <= 1) {
            return candidates.stream().map(Candidate::constraint).findFirst();
        }
        // Foreign keys of several tables may be called alike.
        return candidates.stream()
                .filter(Candidate::named)
                .findFirst()
                .or(() -> candidates.stream()
                        .filter(each -> attached.ends().contains(new Attached.End(validation.table(), each.table())))
                        .findFirst())
                .map(Candidate::constraint);
    }

    /** A constraint with its names of now. */
    private record Named(String table, String name, boolean validated) {
        String statement() {
            return "ALTER TABLE " + table + " VALIDATE CONSTRAINT " + quote(name);
        }
    }

    private void validate(long constraint) {
        AtomicReference<Named> tried = new AtomicReference<>();
        try {
            attemptToValidate(constraint, tried);
        } catch (ShooflyException e) {
            Named named = tried.get();
            if (named == null || e.kind() == ErrorKind.SUPERSEDED) {
                throw e;
            }
            throw notRead(named, e, "nobody holds the table any more (a VACUUM, an ALTER, an index build)");
        }
    }

    /** @param tried what was tried last; null: nothing, or what is thrown says all of it */
    private void attemptToValidate(long constraint, AtomicReference<Named> tried) {
        conflicts.call("validating a foreign key of " + plan.source(), () -> {
            try (Connection connection = PostgresSession.connect(profile)) {
                for (Named named : PostgresCatalog.query(
                        connection,
                        "SELECT n.nspname, c.relname, k.conname, k.convalidated FROM pg_catalog.pg_constraint k"
                                + " JOIN pg_catalog.pg_class c ON c.oid = k.conrelid"
                                + " JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
                                + " WHERE k.oid = ?::bigint::oid",
                        row -> new Named(
                                quote(new TableName(row.getString(1), row.getString(2))),
                                row.getString(3),
                                row.getBoolean(4)),
                        constraint)) {
                    if (!named.validated()) {
                        tried.set(named);
                        validate(connection, named, tried);
                    }
                }
            }
            return true;
        });
    }

    private static void validate(Connection connection, Named named, AtomicReference<Named> tried) throws SQLException {
        String what = "the foreign key \"" + named.name() + "\" of " + named.table();
        // A join of two whole tables, for which our sessions' settings are the wrong ones.
        for (String setting : List.of("enable_seqscan", "enable_bitmapscan", "enable_hashjoin", "enable_mergejoin")) {
            execute(connection, "SET " + setting + " = on");
        }
        LOG.info("validating {}", what);
        try {
            LongStatement.run(connection, named.statement(), () -> true);
        } catch (SQLException e) {
            if (PostgresErrors.isGone(e)) {
                // Renamed or dropped in this moment: the constraint's number tells which.
                throw new ShooflyException(ErrorKind.TRANSIENT, what + " has another name now", e);
            }
            if (PostgresErrors.isLockConflict(e) || SqlErrors.isTransient(e)) {
                throw e;
            }
            tried.set(null);
            boolean violated = FOREIGN_KEY_VIOLATION.equals(e.getSQLState());
            throw new ShooflyException(
                    violated ? ErrorKind.DATA : ErrorKind.REFUSED,
                    what + " is in force for what is written, but stays NOT VALID, for its rows could not be read: "
                            + SqlErrors.serverSaid(e) + ". "
                            + (violated ? "Correct the row, then run: " : "When that is mended, run: ")
                            + named.statement(),
                    e);
        }
    }
}
