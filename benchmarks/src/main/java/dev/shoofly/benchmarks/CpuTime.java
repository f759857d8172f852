package dev.shoofly.benchmarks;

import java.time.Duration;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Processor time of this process, with broker and appliers in it, and of the database server. Hardly depends on what
 * else the machine does, which a rate does.
 */
final class CpuTime {
    private final long server;

    /** @param server process id; its children count too */
    CpuTime(long server) {
        this.server = server;
    }

    /** What was used so far by all. Connections that end between two readings take their time with them. */
    Duration used() {
        return usedHere().plus(usedByServer());
    }

    /** By this process alone. */
    Duration usedHere() {
        return sum(Stream.of(ProcessHandle.current()));
    }

    private Duration usedByServer() {
        return sum(
                ProcessHandle.of(server).stream().flatMap(root -> Stream.concat(Stream.of(root), root.descendants())));
    }

    private static Duration sum(Stream<ProcessHandle> processes) {
        return processes
                .map(process -> process.info().totalCpuDuration())
                .flatMap(Optional::stream)
                .reduce(Duration.ZERO, Duration::plus);
    }
}
