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
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Has the server read the rows of the foreign keys that the swap added, while everybody works. Repeatable. */
final class LateValidation {
    private static final Logger LOG = LoggerFactory.getLogger(LateValidation.class);
    private static final String FOREIGN_KEY_VIOLATION = "23503";
    /** Another one's VACUUM or ALTER has its time. */
    private static final Retry LOCK_CONFLICTS =
            new Retry(Duration.ofMinutes(10), Duration.ofMillis(200), Duration.ofSeconds(5), error -> {});

    private LateValidation() {}

    /** @param maxStall for how long the application may be made to wait at a time */
    static void run(ConnectionProfile profile, MigrationPlan plan, Duration maxStall) {
        Attached attached = SwapState.of(plan).attached();
        for (Validation validation : attached.validations()) {
            run(profile, plan, validation);
        }
        for (Attached.PartitionedKey key : attached.partitioned()) {
            new PartitionedKeyCompletion(profile, plan, key, maxStall, validation -> run(profile, plan, validation))
                    .run();
        }
    }

    private static void run(ConnectionProfile profile, MigrationPlan plan, Validation validation) {
        String what = "validating the constraint \"" + validation.constraint() + "\" of " + validation.table();
        LOCK_CONFLICTS.call(what, () -> {
            try (Connection connection = PostgresSession.connect(profile)) {
                validate(connection, validation);
            } catch (SQLException e) {
                if (!FOREIGN_KEY_VIOLATION.equals(e.getSQLState())) {
                    throw e;
                }
                throw new ShooflyException(
                        ErrorKind.DATA,
                        what + " failed: " + SqlErrors.serverSaid(e) + ". The new table " + plan.source()
                                + " is in use, and the constraint holds for what is written. Correct the row and run"
                                + " 'resume " + plan.id() + "'.",
                        e);
            }
            return true;
        });
    }

    private static void validate(Connection connection, Validation validation) throws SQLException {
        if (!PostgresCatalog.test(
                connection,
                "SELECT NOT convalidated FROM pg_catalog.pg_constraint WHERE conrelid = to_regclass(?) AND conname = ?",
                validation.table(),
                validation.constraint())) {
            // Done, or dropped by somebody since.
            return;
        }
        // A join of two whole tables, for which our sessions' settings are the wrong ones.
        for (String setting : List.of("enable_seqscan", "enable_bitmapscan", "enable_hashjoin", "enable_mergejoin")) {
            execute(connection, "SET " + setting + " = on");
        }
        LOG.info("validating the constraint {} of {}", validation.constraint(), validation.table());
        LongStatement.run(
                connection,
                "ALTER TABLE " + validation.table() + " VALIDATE CONSTRAINT " + quote(validation.constraint()),
                () -> true);
    }
}
