package dev.shoofly.verifier;

import dev.shoofly.database.control.VerificationRows;
import dev.shoofly.database.control.VerificationState;
import dev.shoofly.model.FaultPoints;
import dev.shoofly.model.MigrationId;
import java.util.Optional;

/** Where it is kept how far a verification is. */
public interface VerificationStore {
    Optional<VerificationState> find();

    /** Returns when it is durable. */
    void save(VerificationState state);

    /**
     * The control table's row, as the owner of this epoch.
     *
     * @param faultPoints {@code verify.swept-part}: a part of the sweep is saved, and the rest is to come
     */
    static VerificationStore of(VerificationRows rows, MigrationId id, long epoch, FaultPoints faultPoints) {
        return new VerificationStore() {
            @Override
            public Optional<VerificationState> find() {
                return rows.find(id);
            }

            @Override
            public void save(VerificationState state) {
                rows.save(id, epoch, state);
                // Behind the last range there is no such key.
                if (state.after() != null) {
                    faultPoints.reach("verify.swept-part");
                }
            }
        };
    }
}
