/**
 * Who compares the ranges of a sweep: this process alone, or every process that has the role, by a Kafka Streams topology. The
 * owner of the migration cuts the ranges, and takes the answers in the key's order.
 */
@NullMarked
package dev.shoofly.verifier.sweep;

import org.jspecify.annotations.NullMarked;
