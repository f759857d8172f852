package dev.shoofly.cli.demo;

/** From the first moment when a cut-over could be tried to the moment when the swap was seen; JVM clock. */
record CutoverWindow(long fromNanos, long toNanos) {}
