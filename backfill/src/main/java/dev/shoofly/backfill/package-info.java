/**
 * The resumable copy: splits the key space into segments, copies them chunk by chunk on its own named threads, and sends
 * keys to the changes topic. Owns pace and order; leaves every statement to {@code ChunkCopier} and the checkpoints to
 * {@code SegmentRows}.
 */
@NullMarked
package dev.shoofly.backfill;

import org.jspecify.annotations.NullMarked;
