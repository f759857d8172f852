/** Tests of the event package. */
@NullMarked
package dev.shoofly.capture.event;

import org.jspecify.annotations.NullMarked;
