/** Tests of the connector package. */
@NullMarked
package dev.shoofly.capture.connector;

import org.jspecify.annotations.NullMarked;
