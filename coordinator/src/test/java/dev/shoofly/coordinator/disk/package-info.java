/** What is needed and what is free, without a server. */
@NullMarked
package dev.shoofly.coordinator.disk;

import org.jspecify.annotations.NullMarked;
