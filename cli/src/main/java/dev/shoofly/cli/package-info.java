/**
 * The {@code shoofly} command: one verb per file, its options, its words and its exit code. Owns standard output, which
 * carries data only; everything that runs is put together in {@code dev.shoofly.cli.run}. Runs on the main thread.
 */
@NullMarked
package dev.shoofly.cli;

import org.jspecify.annotations.NullMarked;
