/**
 * The protocol as a model of a few rows, whose states are searched breadth first: application, capture, appliers, copiers and
 * owners, which stop, die and wake up at every step. Owns no real code of theirs: it shows what the guards are for, and that
 * each is needed. One thread.
 */
@NullMarked
package dev.shoofly.coordinator.protocol;

import org.jspecify.annotations.NullMarked;
