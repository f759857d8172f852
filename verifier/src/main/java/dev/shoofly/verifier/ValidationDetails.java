package dev.shoofly.verifier;

import dev.shoofly.database.control.ValidationRows;
import dev.shoofly.model.MigrationId;
import dev.shoofly.model.RowKey;
import java.util.Locale;

/** Mismatches as rows of {@code shoofly.validation_details}; those of the last pass only. */
public final class ValidationDetails implements MismatchSink {
    private final ValidationRows rows;
    private final MigrationId id;

    public ValidationDetails(ValidationRows rows, MigrationId id) {
        this.rows = rows;
        this.id = id;
    }

    @Override
    public void begin() {
        rows.clear(id);
    }

    @Override
    public void withdraw(RowKey key) {
        rows.remove(id, key);
    }

    @Override
    public void report(Mismatch mismatch) {
        rows.put(
                id,
                new ValidationRows.Verdict(
                        mismatch.key(),
                        mismatch.kind().name().toLowerCase(Locale.ROOT),
                        mismatch.columns().isEmpty()
                                ? ""
                                : "differing columns: " + String.join(", ", mismatch.columns()),
                        mismatch.classification().name(),
                        mismatch.repair().name()));
    }
}
