/**
 * The table that the published figures of other tools were measured on: its shape, its rows as a function of key and
 * version, the change that is made to it, and how to tell whether a copy of it is right. Runs on its callers' threads, but
 * for the connections of {@link dev.shoofly.benchmarks.reference.Chunks}.
 */
@NullMarked
package dev.shoofly.benchmarks.reference;

import org.jspecify.annotations.NullMarked;
