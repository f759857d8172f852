/** Whole migrations against real servers, in this process. */
@NullMarked
package dev.shoofly.coordinator;

import org.jspecify.annotations.NullMarked;
