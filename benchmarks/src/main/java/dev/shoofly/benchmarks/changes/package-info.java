/** Schema changes beside an application, and for how long each holds it up. */
@NullMarked
package dev.shoofly.benchmarks.changes;

import org.jspecify.annotations.NullMarked;
