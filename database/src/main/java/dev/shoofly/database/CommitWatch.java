package dev.shoofly.database;

import java.sql.SQLException;
import java.util.Optional;

/**
 * Looks whether the server keeps commits waiting for want of disk space, which no statement's error tells: they wait until
 * somebody has made room. Has a connection of its own, for all others may be waiting. One thread at a time.
 */
public interface CommitWatch extends AutoCloseable {
    /** For servers that fail instead of waiting. */
    CommitWatch NONE = new CommitWatch() {
        @Override
        public Optional<String> look() {
            return Optional.empty();
        }

        @Override
        public void close() {}
    };

    /** @return what the server says that commits are waiting for, worded for people; empty: they do not wait */
    Optional<String> look() throws SQLException;

    @Override
    void close();
}
