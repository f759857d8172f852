@NullMarked
package dev.shoofly.benchmarks;

import org.jspecify.annotations.NullMarked;
