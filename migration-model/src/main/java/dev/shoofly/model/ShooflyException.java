package dev.shoofly.model;

import org.jspecify.annotations.Nullable;

/**
 * An error worded for the operator: what failed, on which object, what the server said, what state everything is in and
 * what to do next. Carries no secrets.
 */
public class ShooflyException extends RuntimeException {
    private final ErrorKind kind;

    public ShooflyException(ErrorKind kind, String message) {
        this(kind, message, null);
    }

    public ShooflyException(ErrorKind kind, String message, @Nullable Throwable cause) {
        super(message, cause);
        this.kind = kind;
    }

    public ErrorKind kind() {
        return kind;
    }
}
