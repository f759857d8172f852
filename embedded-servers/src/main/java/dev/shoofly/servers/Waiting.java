package dev.shoofly.servers;

/** The pause between two looks at a server that is starting or stopping. */
final class Waiting {
    private static final long PAUSE_MILLIS = 20;

    private Waiting() {}

    static void shortly() {
        try {
            Thread.sleep(PAUSE_MILLIS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new ServerException("interrupted while waiting for an embedded server", e);
        }
    }
}
