package dev.shoofly.coordinator.disk;

import dev.shoofly.model.DiskSettings;
import java.nio.file.Path;
import java.util.Optional;

/** The disk under a broker that runs in this process. Asks no server. Any thread. */
public final class BrokerDisk {
    /** Of the topic, which holds keys only, so much is some million changes. */
    static final long MOST_RESERVE = 512L << 20;

    private final Optional<Path> directory;
    private final DiskMeter meter;

    /** @param directory empty: the brokers are elsewhere and look after their disks themselves */
    public BrokerDisk(Optional<Path> directory, DiskMeter meter) {
        this.directory = directory;
        this.meter = meter;
    }

    /** @return what is short, worded up to the numbers; empty: nothing */
    public Optional<String> shortage(DiskSettings settings) {
        if (settings.isOff()) {
            return Optional.empty();
        }
        long reserve = Math.min(settings.reserveBytes(), MOST_RESERVE);
        return directory.flatMap(at -> meter.diskOf(at)
                .filter(disk -> disk.freeBytes() < reserve)
                .map(disk -> "Insufficient disk space for Kafka's data in " + at + ": required " + Bytes.text(reserve)
                        + ", available " + Bytes.text(disk.freeBytes())));
    }
}
