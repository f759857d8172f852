/** Writes keys and markers to the changes topic, in order and acknowledged. Called by the batch thread only. */
@NullMarked
package dev.shoofly.capture.publish;

import org.jspecify.annotations.NullMarked;
