package dev.shoofly.database;

import java.time.Duration;

/**
 * How fast the first rows of a table were read, with every value looked at, by one connection.
 *
 * @param rows 0: there are none
 */
public record ReadSample(long rows, Duration took) {}
