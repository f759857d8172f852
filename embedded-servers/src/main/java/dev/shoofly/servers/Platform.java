package dev.shoofly.servers;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;

/** What this machine is, as far as the bundled server binaries care. */
final class Platform {
    private static final int ROOT = 0;

    private Platform() {}

    static void requireLinuxOnX64(String server) {
        String system = System.getProperty("os.name", "unknown");
        String architecture = System.getProperty("os.arch", "unknown");
        if (!system.equals("Linux") || !Set.of("amd64", "x86_64").contains(architecture)) {
            throw new ServerException("embedded " + server + " runs on Linux on x86-64 only, this is " + system + " on "
                    + architecture + " (arm64 is not supported). Start a server of your own and name it with --url.");
        }
    }

    static boolean isRoot() {
        return user() == ROOT;
    }

    /** The numeric id of the JVM's user. */
    static int user() {
        return ownerOf(Path.of("/proc/self"));
    }

    static int ownerOf(Path path) {
        try {
            return (Integer) Files.getAttribute(path, "unix:uid");
        } catch (IOException e) {
            throw new ServerException("cannot read the owner of " + path, e);
        }
    }
}
