package dev.shoofly.verifier.sweep;

import dev.shoofly.model.KeyRange;

/**
 * One range that somebody is to compare.
 *
 * @param run of which sweep; a greater one is younger
 * @param number within the sweep, from 0, in the order of the key
 */
record RangeTask(long run, long number, KeyRange range) {}
