/**
 * A migration to watch, on servers that start and vanish with it: a table of orders, a workload that remembers every write
 * that was acknowledged to it, and a check of each of them afterwards. Owns its threads, servers and temporary directory.
 */
@NullMarked
package dev.shoofly.cli.demo;

import org.jspecify.annotations.NullMarked;
