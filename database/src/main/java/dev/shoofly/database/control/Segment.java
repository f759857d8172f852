package dev.shoofly.database.control;

import dev.shoofly.model.KeyRange;
import dev.shoofly.model.MigrationId;
import dev.shoofly.model.RowKey;
import org.jspecify.annotations.Nullable;

/**
 * A part of the key space, copied by one worker at a time.
 *
 * @param epoch the claim under which this worker copies
 * @param position last key of the last finished chunk; null: none yet
 */
public record Segment(
        MigrationId migration,
        int number,
        long epoch,
        KeyRange range,
        @Nullable RowKey position,
        long rowsCopied,
        boolean done) {}
