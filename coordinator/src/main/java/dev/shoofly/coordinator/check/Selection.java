package dev.shoofly.coordinator.check;

import dev.shoofly.model.RowKey;
import java.util.List;

/** Which rows are to be compared. */
public sealed interface Selection {
    /** All. */
    record Everything() implements Selection {}

    /** @param share of the rows, above 0 and at most 1 */
    record Sample(double share) implements Selection {}

    /** @param keys canonical, by {@link OnDemandVerification#key} */
    record Rows(List<RowKey> keys) implements Selection {
        public Rows {
            keys = List.copyOf(keys);
        }
    }
}
