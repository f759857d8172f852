/** Tests of the texts of keys. */
@NullMarked
package dev.shoofly.capture.key;

import org.jspecify.annotations.NullMarked;
