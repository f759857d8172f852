package dev.shoofly.database.control;

import dev.shoofly.model.MigrationId;
import dev.shoofly.model.MigrationPlan;
import dev.shoofly.model.MigrationSpec;
import dev.shoofly.model.MigrationState;
import dev.shoofly.model.NativePlan;
import dev.shoofly.model.Strategy;
import dev.shoofly.model.TableName;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A row of {@code shoofly.migrations}.
 *
 * @param nativePlan of a strategy that the server carries out by itself; null: SHADOW
 * @param stepsBegun of the native plan; the last of them may be done or not
 * @param stepsDone of the native plan
 * @param plan null before PREPARING made it, and without a shadow
 * @param resumeState where PAUSED or FAILED came from; null otherwise
 * @param reason why FAILED or PAUSED, or the last notable event; null: nothing to say
 * @param epoch raised by each new owner
 * @param owner {@code host:pid} of the process that runs or last ran it
 * @param kafka {@code embedded:host:directory} or {@code bootstrap:servers}
 * @param completionPoint see {@code TableSwap.completionPoint}; null before VALIDATING
 * @param rowsTotal estimate
 * @param lagMillis commit to applied, as last measured; -1: unknown
 * @param lockedMillis of the cut-over; -1: not yet
 */
public record Migration(
        MigrationId id,
        TableName source,
        MigrationSpec spec,
        Strategy strategy,
        @Nullable NativePlan nativePlan,
        int stepsBegun,
        int stepsDone,
        @Nullable MigrationPlan plan,
        MigrationState state,
        @Nullable MigrationState resumeState,
        @Nullable String reason,
        long epoch,
        String owner,
        String kafka,
        @Nullable String completionPoint,
        long rowsCopied,
        long rowsTotal,
        long rowsVerified,
        long keysApplied,
        long mismatches,
        long lagMillis,
        int cutoverAttempts,
        long lockedMillis,
        boolean cutoverApproved,
        Rollback rollback,
        Retention retention,
        Instant createdAt,
        Instant updatedAt) {}
