package dev.shoofly.database;

/** Held on a connection of its own until closed. */
public interface OwnerLock extends AutoCloseable {

    /** False once the connection is lost: another process may own the migration now. Asks the server. */
    boolean isHeld();

    @Override
    void close();
}
