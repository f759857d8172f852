package dev.shoofly.servers;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.metadata.storage.Formatter;

/** The configuration of a small single-node broker, and the formatting of its directory. */
record BrokerSettings(Path data, BrokerPorts ports) {
    private static final int NODE = 1;
    private static final String CONTROLLER = "CONTROLLER";

    Map<String, String> properties() {
        String broker = "BROKER://127.0.0.1:" + ports.broker();
        String controller = "127.0.0.1:" + ports.controller();
        Map<String, String> properties = new HashMap<>(ServerDefaults.kafka());
        properties.putAll(Map.of(
                "process.roles",
                "broker,controller",
                "node.id",
                Integer.toString(NODE),
                "listeners",
                broker + "," + CONTROLLER + "://" + controller,
                "advertised.listeners",
                broker,
                "listener.security.protocol.map",
                "BROKER:PLAINTEXT,CONTROLLER:PLAINTEXT",
                "inter.broker.listener.name",
                "BROKER",
                "controller.listener.names",
                CONTROLLER,
                "controller.quorum.voters",
                NODE + "@" + controller,
                "log.dirs",
                data.toString()));
        // What is trimmed from a topic is to be off the disk soon, not after five minutes; soon after a start, too.
        properties.put("log.retention.check.interval.ms", "10000");
        properties.put("log.initial.task.delay.ms", "10000");
        // The controller's proof of life, for replicas that there are none of: a record twice a second, forced to the
        // disk, for which applications' commits may wait.
        properties.put("metadata.max.idle.interval.ms", "0");
        // A broker that shares its process stays small.
        properties.putAll(
                Map.of("num.network.threads", "2", "num.io.threads", "2", "log.cleaner.dedupe.buffer.size", "8388608"));
        return properties;
    }

    void formatIfNew() throws IOException {
        if (Files.exists(data.resolve("meta.properties"))) {
            return;
        }
        ByteArrayOutputStream said = new ByteArrayOutputStream();
        try (PrintStream stream = new PrintStream(said, true, StandardCharsets.UTF_8)) {
            new Formatter()
                    .setNodeId(NODE)
                    .setClusterId(Uuid.randomUuid().toString())
                    .addDirectory(data.toString())
                    .setMetadataLogDirectory(data.toString())
                    .setControllerListenerName(CONTROLLER)
                    .setIgnoreFormatted(true)
                    .setPrintStream(stream)
                    .run();
        } catch (IOException | RuntimeException e) {
            throw e;
        } catch (Exception e) {
            throw new IOException(
                    "formatting " + data + " failed: " + e + " " + said.toString(StandardCharsets.UTF_8), e);
        }
    }
}
