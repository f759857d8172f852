package dev.shoofly.servers;

import org.jspecify.annotations.Nullable;

/** An embedded server could not be prepared, started or stopped; the message says on which directory and what to do. */
public final class ServerException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public ServerException(String message) {
        super(message);
    }

    public ServerException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
