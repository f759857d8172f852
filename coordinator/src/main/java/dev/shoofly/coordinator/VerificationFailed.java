package dev.shoofly.coordinator;

import dev.shoofly.model.ErrorKind;
import dev.shoofly.model.RollbackFeasibility;
import dev.shoofly.model.ShooflyException;
import org.jspecify.annotations.Nullable;

/** Source and shadow differ for certain, or could not be shown to be equal. */
final class VerificationFailed extends ShooflyException {
    /** Begins the reason for which there is no way back any more; saved with the migration, and looked for there. */
    private static final String KEEPS_OLD =
            "the old table may be the last good copy and is kept, whatever --retain-old says: ";

    VerificationFailed(String message) {
        super(ErrorKind.DATA, message);
    }

    /** Of the comparison of the old table with the new one: which of both is wrong, nobody knows. */
    VerificationFailed keepingOld() {
        return new VerificationFailed(KEEPS_OLD + getMessage());
    }

    /** Whether a comparison in the rollback window had failed, in this process or in one before it. */
    static boolean keepsOld(@Nullable RollbackFeasibility known) {
        return known != null && known.reasons().stream().anyMatch(reason -> reason.startsWith(KEEPS_OLD));
    }
}
