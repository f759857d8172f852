package dev.shoofly.applier;

import dev.shoofly.model.ChangeRecord;
import dev.shoofly.model.ChangeRecordCodec;
import dev.shoofly.model.RowKey;
import java.util.ArrayList;
import java.util.List;

/** Short ways to write changes. */
final class Changes {
    private Changes() {}

    static ChangeRecord key(String key) {
        return key(key, "");
    }

    static ChangeRecord key(String key, String transaction) {
        return new ChangeRecord.DirtyKey(RowKey.of(key), transaction, 0);
    }

    static ChangeRecord placed(String key, String transaction, long afterMarker) {
        return new ChangeRecord.DirtyKey(RowKey.of(key), transaction, 0, afterMarker);
    }

    static ChangeRecord marker(long number) {
        return new ChangeRecord.Marker(number, "", 0);
    }

    /** With the offsets 0, 1, 2 … */
    static List<Change> of(ChangeRecord... records) {
        List<Change> changes = new ArrayList<>();
        for (ChangeRecord content : records) {
            changes.add(new Change(changes.size(), content));
        }
        return changes;
    }

    static byte[] bytes(ChangeRecord content) {
        return ChangeRecordCodec.encode(content);
    }
}
