package dev.shoofly.servers;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.Properties;

/** The broker's two loopback ports, remembered in its directory so that clients find it again after a restart. */
record BrokerPorts(int broker, int controller) {
    private static final String FILE = "ports";

    /** The port on which clients reach the broker of this directory, if it runs; empty where there never was one. */
    static Optional<String> brokerIn(Path directory) throws IOException {
        return Optional.ofNullable(load(directory.resolve(FILE)).getProperty("broker"));
    }

    private static Properties load(Path file) throws IOException {
        Properties remembered = new Properties();
        if (Files.exists(file)) {
            try (var reader = Files.newBufferedReader(file)) {
                remembered.load(reader);
            }
        }
        return remembered;
    }

    static BrokerPorts rememberedIn(Path directory) throws IOException {
        Path file = directory.resolve(FILE);
        Properties remembered = load(file);
        BrokerPorts ports = new BrokerPorts(freeOrNew(remembered, "broker"), freeOrNew(remembered, "controller"));
        Files.writeString(file, "broker=" + ports.broker + "\ncontroller=" + ports.controller + "\n");
        return ports;
    }

    private static int freeOrNew(Properties remembered, String name) {
        String port = remembered.getProperty(name);
        return port != null && LoopbackPort.isFree(Integer.parseInt(port))
                ? Integer.parseInt(port)
                : LoopbackPort.choose();
    }
}
