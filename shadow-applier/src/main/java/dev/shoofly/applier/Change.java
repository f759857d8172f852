package dev.shoofly.applier;

import dev.shoofly.model.ChangeRecord;

/** A record of the changes topic with its offset in the partition. */
record Change(long offset, ChangeRecord content) {

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
