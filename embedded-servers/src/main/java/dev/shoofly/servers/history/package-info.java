/**
 * What concurrent clients saw of single rows, and whether one order of their operations explains it: for tests and
 * benchmarks. Owns no clients and no connections; the caller records and says when it is over. Recording is thread-safe,
 * checking is for one thread after it.
 */
@NullMarked
package dev.shoofly.servers.history;

import org.jspecify.annotations.NullMarked;
