/** Tests of the capture, most of them against real servers. */
@NullMarked
package dev.shoofly.capture;

import org.jspecify.annotations.NullMarked;
