package dev.shoofly.coordinator;

import dev.shoofly.model.ErrorKind;
import dev.shoofly.model.ShooflyException;

/** Every attempt found the table in use. Nothing was renamed. */
final class CutoverGivenUp extends ShooflyException {
    CutoverGivenUp(String message) {
        super(ErrorKind.REFUSED, message);
    }
}
