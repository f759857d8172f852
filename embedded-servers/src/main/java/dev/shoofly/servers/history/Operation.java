package dev.shoofly.servers.history;

/**
 * A read or a write of one register. Times are those of {@link System#nanoTime}.
 *
 * @param value what was read, or what was to be written
 * @param invoked before the statement was sent
 * @param responded after its answer had come; {@link #UNKNOWN}: none came, so it may have happened at any later time, or never
 */
public record Operation(Kind kind, String value, long invoked, long responded) {
    public static final long UNKNOWN = Long.MAX_VALUE;

    /** What was done. */
    public enum Kind {
        READ,
        WRITE
    }

    public Operation {
        if (responded < invoked) {
            throw new IllegalArgumentException("answered before it was asked: " + invoked + " to " + responded);
        }
        if (kind == Kind.READ && responded == UNKNOWN) {
            throw new IllegalArgumentException("a read without an answer says nothing: leave it out");
        }
    }

    public static Operation read(String value, long invoked, long responded) {
        return new Operation(Kind.READ, value, invoked, responded);
    }

    public static Operation write(String value, long invoked, long responded) {
        return new Operation(Kind.WRITE, value, invoked, responded);
    }

    /** Of which nobody knows whether it happened. */
    public static Operation unknownWrite(String value, long invoked) {
        return new Operation(Kind.WRITE, value, invoked, UNKNOWN);
    }

    boolean isRead() {
        return kind == Kind.READ;
    }

    @Override
    public String toString() {
        return kind + " '" + value + "' [" + invoked + ", " + (responded == UNKNOWN ? "?" : responded) + "]";
    }
}
