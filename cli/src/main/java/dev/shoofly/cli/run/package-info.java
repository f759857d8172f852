/**
 * Puts the modules together into a process that runs a migration: Kafka, database, runner, metrics, display, and an end that
 * leaves the state behind whatever ends it. Leaves every decision about the migration to the coordinator. Runs on the main
 * thread; the shutdown hook asks it to stop.
 */
@NullMarked
package dev.shoofly.cli.run;

import org.jspecify.annotations.NullMarked;
