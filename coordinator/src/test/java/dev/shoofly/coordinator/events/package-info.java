@NullMarked
package dev.shoofly.coordinator.events;

import org.jspecify.annotations.NullMarked;
