/**
 * Measures the pipeline's own classes on real servers, each figure beside a limit of the same machine in the same run.
 * Checks what it measured: a rate of wrong work is no rate. Everything runs on the main thread but for the load, whose
 * threads each class owns, and whole migrations, which run the command in a process of its own.
 */
@NullMarked
package dev.shoofly.benchmarks;

import org.jspecify.annotations.NullMarked;
