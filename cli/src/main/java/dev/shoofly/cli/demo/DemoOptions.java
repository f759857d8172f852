package dev.shoofly.cli.demo;

import dev.shoofly.database.DatabaseKind;

/**
 * @param rows in the table before the migration
 * @param rate operations per second of the workload
 */
public record DemoOptions(DatabaseKind database, long rows, int rate) {}
