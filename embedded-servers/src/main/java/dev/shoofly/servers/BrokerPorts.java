package dev.shoofly.servers;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Properties;

/** The broker's two loopback ports, remembered in its directory so that clients find it again after a restart. */
record BrokerPorts(int broker, int controller) {
    private static final String FILE = "ports";

    static BrokerPorts rememberedIn(Path directory) throws IOException {
        Path file = directory.resolve(FILE);
        Properties remembered = new Properties();
        if (Files.exists(file)) {
            try (var reader = Files.newBufferedReader(file)) {
                remembered.load(reader);
            }
        }
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
