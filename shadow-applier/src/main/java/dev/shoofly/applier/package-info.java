/**
 * The applier: a Kafka Streams application per migration that reads the changes topic and hands its keys in batches to the
 * database's reconcile. Owns batching, the order of "applied, then offset committed" and the claims on the partitions;
 * leaves all SQL to {@code database}. Streams' threads feed one writer thread per partition.
 */
@NullMarked
package dev.shoofly.applier;

import org.jspecify.annotations.NullMarked;
