package dev.shoofly.coordinator;

import dev.shoofly.model.ErrorKind;
import dev.shoofly.model.ShooflyException;

/** Source and shadow differ for certain, or could not be shown to be equal. */
final class VerificationFailed extends ShooflyException {
    VerificationFailed(String message) {
        super(ErrorKind.DATA, message);
    }
}
