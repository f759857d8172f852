package dev.shoofly.model;

import org.jspecify.annotations.Nullable;

/** The source holds rows that a unique or exclusion constraint of the new definition does not let stand together. */
public final class DuplicateRowsException extends ShooflyException {
    public DuplicateRowsException(String message, @Nullable Throwable cause) {
        super(ErrorKind.DATA, message, cause);
    }
}
