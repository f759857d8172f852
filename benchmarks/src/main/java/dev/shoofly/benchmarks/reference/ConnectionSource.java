package dev.shoofly.benchmarks.reference;

import java.sql.Connection;
import java.sql.SQLException;

/** Opens plain connections to the measured server; whoever asks closes them. Any thread. */
@FunctionalInterface
public interface ConnectionSource {
    Connection connect() throws SQLException;
}
