/** Tests of the publish package. */
@NullMarked
package dev.shoofly.capture.publish;

import org.jspecify.annotations.NullMarked;
