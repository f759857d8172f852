package dev.shoofly.verifier;

import dev.shoofly.model.RowKey;
import java.util.List;

/** Which rows a {@link TableCheck} compares. */
public sealed interface CheckScope {
    /** Every row of either side. */
    record Full() implements CheckScope {}

    /**
     * Ranges that lie scattered over the table.
     *
     * @param share of the rows, above 0 and at most 1
     */
    record Sample(double share) implements CheckScope {
        public Sample {
            if (!(share > 0 && share <= 1)) {
                throw new IllegalArgumentException("a sample is more than nothing and at most everything: " + share);
            }
        }
    }

    /** These rows. */
    record Keys(List<RowKey> keys) implements CheckScope {
        public Keys {
            keys = List.copyOf(keys);
        }
    }
}
