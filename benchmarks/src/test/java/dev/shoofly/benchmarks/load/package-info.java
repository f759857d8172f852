@NullMarked
package dev.shoofly.benchmarks.load;

import org.jspecify.annotations.NullMarked;
