package dev.shoofly.coordinator.check;

import dev.shoofly.model.RowKey;
import dev.shoofly.verifier.Mismatch;
import dev.shoofly.verifier.MismatchSink;

/** Hands on what is certain: rows in flight are for the migration's own verification to tell of, which withdraws it later. */
record CertainOnly(MismatchSink sink) implements MismatchSink {
    @Override
    public void report(Mismatch mismatch) {
        switch (mismatch.classification()) {
            case STABLE, TRANSFORM_LOSS, REPAIRED -> sink.report(mismatch);
            case IN_FLIGHT, LAG -> {}
        }
    }

    @Override
    public void withdraw(RowKey key) {
        sink.withdraw(key);
    }
}
