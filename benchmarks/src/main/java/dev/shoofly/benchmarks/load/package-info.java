/**
 * An application that writes and reads the reference table at a fixed rate whatever the server does, remembers each write
 * that was acknowledged to it, and afterwards looks for every one of them. Owns a thread and a connection per client; what
 * was measured may be asked for once they have ended.
 */
@NullMarked
package dev.shoofly.benchmarks.load;

import org.jspecify.annotations.NullMarked;
