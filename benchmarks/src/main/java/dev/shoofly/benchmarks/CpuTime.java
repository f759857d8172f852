package dev.shoofly.benchmarks;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;

/**
 * Processor time of this process, with broker and appliers in it, and of the database server. Hardly depends on what
 * else the machine does, which a rate does.
 */
final class CpuTime {
    /** Linux counts in hundredths of a second, whatever its own clock does. */
    private static final Duration TICK = Duration.ofMillis(10);

    private static final int OWN = 11;
    private static final int ENDED_CHILDREN = 13;

    private final long server;

    /** @param server process id; its children count too */
    CpuTime(long server) {
        this.server = server;
    }

    /** What was used so far by all. */
    Duration used() {
        return usedHere().plus(usedByServer());
    }

    /** By this process alone. */
    Duration usedHere() {
        return ProcessHandle.current().info().totalCpuDuration().orElse(Duration.ZERO);
    }

    /** By the server's process and its children, those that have ended included. */
    Duration usedByServer() {
        long ticks = ProcessHandle.of(server).stream()
                .flatMap(ProcessHandle::descendants)
                .mapToLong(child -> ticks(child.pid(), OWN))
                .sum();
        return TICK.multipliedBy(ticks + ticks(server, OWN) + ticks(server, ENDED_CHILDREN));
    }

    /** User and system time, which stand side by side in proc(5)'s stat; 0 for a process that has ended meanwhile. */
    private static long ticks(long process, int first) {
        try {
            String stat = Files.readString(Path.of("/proc", Long.toString(process), "stat"));
            // The name before the last parenthesis may contain anything.
            String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
            return Long.parseLong(fields[first]) + Long.parseLong(fields[first + 1]);
        } catch (IOException e) {
            return 0;
        }
    }
}
