/** Tests of the checks of histories. */
@NullMarked
package dev.shoofly.servers.history;

import org.jspecify.annotations.NullMarked;
