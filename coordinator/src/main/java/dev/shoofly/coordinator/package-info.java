/**
 * Runs one migration from CREATED to COMPLETED: ownership, phases, supervision of the pipeline, cut-over, clean-up, and the
 * verbs that reach a running process. Owns no SQL and no row data. One thread drives the phases; a second watches.
 */
@NullMarked
package dev.shoofly.coordinator;

import org.jspecify.annotations.NullMarked;
