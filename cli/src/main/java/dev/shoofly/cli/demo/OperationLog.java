package dev.shoofly.cli.demo;

import java.util.Arrays;

/** When each operation of one connection began and ended, in nanoseconds of the JVM's clock. One thread writes. */
final class OperationLog {
    private static final int FIRST_SIZE = 4096;

    private long[] begins = new long[FIRST_SIZE];
    private long[] ends = new long[FIRST_SIZE];
    private int size;

    void add(long begin, long end) {
        if (size == begins.length) {
            begins = Arrays.copyOf(begins, size * 2);
            ends = Arrays.copyOf(ends, size * 2);
        }
        begins[size] = begin;
        ends[size] = end;
        size++;
    }

    int size() {
        return size;
    }

    /** The longest operation that overlaps the window, in nanoseconds; 0: none did. After the writing thread ended. */
    long longestWithin(long from, long to) {
        long longest = 0;
        for (int i = 0; i < size; i++) {
            if (ends[i] - from >= 0 && to - begins[i] >= 0) {
                longest = Math.max(longest, ends[i] - begins[i]);
            }
        }
        return longest;
    }
}
