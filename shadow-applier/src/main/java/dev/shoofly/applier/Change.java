package dev.shoofly.applier;

import dev.shoofly.model.ChangeRecord;
import org.jspecify.annotations.Nullable;

/** A record of the changes topic with its offset in the partition. */
record Change(long offset, ChangeRecord content) {

    /** What is to be applied; null for a marker, and for a key that stands before this marker in the source's log. */
    ChangeRecord.@Nullable DirtyKey dirtySince(long marker) {
        return content instanceof ChangeRecord.DirtyKey dirty && !dirty.isBefore(marker) ? dirty : null;
    }

    boolean isMarker() {
        return content instanceof ChangeRecord.Marker;
    }

    /** Microseconds since 1970; 0 when unknown. */
    long commitMicros() {
        if (content instanceof ChangeRecord.DirtyKey dirty) {
            return dirty.commitMicros();
        }
        return content instanceof ChangeRecord.Marker marker ? marker.commitMicros() : 0;
    }
}
