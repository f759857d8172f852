package dev.shoofly.coordinator;

import dev.shoofly.database.control.ThrottleState;
import dev.shoofly.model.MigrationId;
import dev.shoofly.model.MigrationState;
import dev.shoofly.model.Strategy;
import dev.shoofly.model.TableName;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * What a running migration looks like now, for displays and gauges.
 *
 * @param activity what is being done or waited for, in a few words; never null
 * @param reason why PAUSED or FAILED
 * @param rowsTotal estimate until the copy is done
 * @param rowsPerSecond of the copy, over the last seconds
 * @param lagMillis commit to applied; -1: unknown
 * @param lockedMillis of the cut-over; -1: not yet
 * @param misfits rows of the new table that the old one does not take, in the rollback window
 * @param throttle what the server's load allows
 */
public record MigrationSnapshot(
        MigrationId id,
        TableName table,
        Strategy strategy,
        MigrationState state,
        String activity,
        @Nullable String reason,
        Duration elapsed,
        long rowsCopied,
        long rowsTotal,
        double rowsPerSecond,
        long rowsVerified,
        long mismatches,
        long keysApplied,
        long lagMillis,
        int cutoverAttempts,
        long lockedMillis,
        long misfits,
        ApplyView apply,
        ThrottleState throttle) {}
