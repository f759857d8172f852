package dev.shoofly.coordinator;

import dev.shoofly.model.ErrorKind;
import dev.shoofly.model.ShooflyException;
import org.jspecify.annotations.Nullable;

/** The broker of this process has stopped because its disk is full, and cannot be brought back before there is room. */
public final class KafkaDiskFull extends ShooflyException {
    public KafkaDiskFull(String message, @Nullable Throwable cause) {
        super(ErrorKind.NO_SPACE, message, cause);
    }
}
