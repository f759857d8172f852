package dev.shoofly.coordinator.disk;

/**
 * The tightest of the disks, as last seen.
 *
 * @param requiredBytes what is still going to be filled there, and the reserve
 * @param availableBytes free now
 */
public record DiskView(long requiredBytes, long availableBytes) {
    boolean isShort() {
        return availableBytes < requiredBytes;
    }
}
