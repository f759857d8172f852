package dev.shoofly.database.disk;

import java.net.InetAddress;
import java.net.NetworkInterface;
import java.net.SocketException;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.OptionalInt;

/** What can be told of an address or a path without asking a server. */
public final class ThisHost {
    private ThisHost() {}

    /**
     * Whether connections to this name end on this machine, as far as addresses tell. A tunnel or a forwarded port looks
     * the same: whoever takes the server's directories for local ones must verify that they are its own.
     */
    public static boolean isAddressedBy(String host) {
        try {
            InetAddress[] addresses = InetAddress.getAllByName(host);
            for (InetAddress address : addresses) {
                if (!address.isLoopbackAddress() && NetworkInterface.getByInetAddress(address) == null) {
                    return false;
                }
            }
            return addresses.length > 0;
        } catch (UnknownHostException | SocketException e) {
            return false;
        }
    }

    /** Of a server at this address; empty when it is on another machine. */
    public static OptionalInt processors(String host) {
        return isAddressedBy(host) ? OptionalInt.of(Runtime.getRuntime().availableProcessors()) : OptionalInt.empty();
    }

    /** The directory, or the nearest one above it that exists: it is on the same file system unless something is mounted. */
    public static Path existing(Path directory) {
        Path at = directory;
        while (at.getParent() != null && !Files.exists(at)) {
            at = at.getParent();
        }
        return at;
    }
}
