package dev.shoofly.cli.run;

import dev.shoofly.coordinator.KafkaAccess;
import dev.shoofly.coordinator.KafkaDiskFull;
import dev.shoofly.model.ErrorKind;
import dev.shoofly.model.MigrationId;
import dev.shoofly.model.ShooflyException;
import dev.shoofly.servers.EmbeddedKafka;
import dev.shoofly.servers.FileTree;
import dev.shoofly.servers.ServerException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Where this process keeps a migration's topics: in a given Kafka cluster, or in a broker of its own per migration below the
 * data directory, so that migrations of several tables can run from one directory at the same time.
 */
public final class ProcessKafka implements KafkaAccess.Provider {
    private static final Logger LOG = LoggerFactory.getLogger(ProcessKafka.class);
    /** A broker reserves about 20 MB per partition that it opens. */
    private static final long FULL_BELOW_BYTES = 64 << 20;

    private static final String EMBEDDED = "embedded:";
    private static final String BOOTSTRAP = "bootstrap:";

    private final Path dataDirectory;
    private final Optional<String> bootstrapServers;

    public ProcessKafka(Path dataDirectory, Optional<String> bootstrapServers) {
        this.dataDirectory = dataDirectory.toAbsolutePath().normalize();
        this.bootstrapServers = bootstrapServers;
    }

    @Override
    public String describe(MigrationId id) {
        return bootstrapServers
                .map(servers -> BOOTSTRAP + servers)
                .orElseGet(() -> EMBEDDED + hostName() + ":" + ownDirectory(id));
    }

    @Override
    public KafkaAccess open(MigrationId id, String remembered, boolean mustExist) {
        if (remembered.startsWith(BOOTSTRAP)) {
            // The cluster's addresses may have changed since; its topics have not.
            return new Cluster(bootstrapServers.orElse(remembered.substring(BOOTSTRAP.length())));
        }
        if (bootstrapServers.isPresent() && mustExist) {
            throw new ShooflyException(
                    ErrorKind.REFUSED,
                    "migration " + id + " keeps its topics in an embedded broker (" + remembered
                            + "), not in the cluster given by --bootstrap-servers. Nothing was changed. Leave that option out,"
                            + " or cancel the migration and start it again with it.");
        }
        if (bootstrapServers.isPresent()) {
            return new Cluster(bootstrapServers.get());
        }
        Path directory = mustExist ? existingDirectory(id, remembered) : ownDirectory(id);
        return new Broker(directory);
    }

    @Override
    public Optional<String> reach(MigrationId id, String remembered) {
        if (remembered.startsWith(BOOTSTRAP)) {
            return Optional.of(bootstrapServers.orElse(remembered.substring(BOOTSTRAP.length())));
        }
        Path directory = rememberedDirectory(remembered);
        boolean here = remembered.startsWith(EMBEDDED + hostName() + ":") && Files.isDirectory(directory);
        return here ? EmbeddedKafka.addressOf(directory) : Optional.empty();
    }

    @Override
    public void discard(MigrationId id, String remembered) {
        if (!remembered.startsWith(EMBEDDED)) {
            return;
        }
        for (Path directory : new Path[] {rememberedDirectory(remembered), ownDirectory(id)}) {
            // Only ever a directory of this migration: the text comes from a table that others can write.
            if (directory.endsWith(Path.of("kafka", id.value()))) {
                delete(directory);
            }
        }
    }

    private static void delete(Path directory) {
        try {
            FileTree.delete(directory);
        } catch (IOException e) {
            LOG.warn(
                    "the broker's data in {} is no longer needed and could not be removed: {}",
                    directory,
                    e.toString());
        }
    }

    private Path existingDirectory(MigrationId id, String remembered) {
        for (Path candidate : new Path[] {rememberedDirectory(remembered), ownDirectory(id)}) {
            if (Files.isDirectory(candidate)) {
                return candidate;
            }
        }
        throw new ShooflyException(
                ErrorKind.REFUSED,
                "the topics of migration " + id + " are not here: they were kept in "
                        + remembered.substring(Math.min(EMBEDDED.length(), remembered.length()))
                        + ", and " + ownDirectory(id)
                        + " does not exist either. Nothing was changed. Continue on that host"
                        + " or with that --data-dir; if the directory is lost, run 'cancel " + id
                        + "' and migrate again.");
    }

    private Path ownDirectory(MigrationId id) {
        return dataDirectory.resolve("kafka").resolve(id.value());
    }

    /** {@code embedded:host:/absolute/directory}. */
    private static Path rememberedDirectory(String remembered) {
        int slash = remembered.indexOf('/');
        return Path.of(slash < 0 ? "/nonexistent" : remembered.substring(slash));
    }

    static String hostName() {
        try {
            return InetAddress.getLocalHost().getHostName();
        } catch (UnknownHostException e) {
            return "localhost";
        }
    }

    /** {@code host:pid}, as others see this process. */
    public static String owner() {
        return hostName() + ":" + ProcessHandle.current().pid();
    }

    private record Cluster(String bootstrapServers) implements KafkaAccess {
        @Override
        public void close() {}
    }

    /** One thread at a time may ask it to run or to close; the address may be read by any. */
    private static final class Broker implements KafkaAccess {
        private final Path directory;
        private volatile EmbeddedKafka kafka;
        private boolean closed;

        Broker(Path directory) {
            this.directory = directory;
            this.kafka = EmbeddedKafka.start(directory);
        }

        @Override
        public String bootstrapServers() {
            return kafka.bootstrapServers();
        }

        @Override
        public Optional<Path> dataDirectory() {
            return Optional.of(directory);
        }

        @Override
        public synchronized void ensureRunning() {
            if (closed || kafka.isRunning()) {
                return;
            }
            LOG.warn("the embedded Kafka broker on {} has stopped; starting it again", directory);
            kafka.close();
            try {
                kafka = EmbeddedKafka.start(directory);
            } catch (ServerException e) {
                throw notStarted(e);
            }
        }

        private ShooflyException notStarted(ServerException error) {
            long free = directory.toFile().getUsableSpace();
            if (free < FULL_BELOW_BYTES) {
                return new KafkaDiskFull(
                        "the disk of Kafka's data in " + directory + " is full (" + (free >> 20) + " MB are free): "
                                + error.getMessage(),
                        error);
            }
            return new ShooflyException(ErrorKind.REFUSED, String.valueOf(error.getMessage()), error);
        }

        @Override
        public synchronized void close() {
            closed = true;
            kafka.close();
        }
    }
}
