package dev.shoofly.servers;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import kafka.server.KafkaConfig;
import kafka.server.KafkaRaftServer;
import org.apache.kafka.common.utils.Time;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A Kafka broker and controller inside this JVM (KRaft, one node), bound to loopback, with its data in a directory. It
 * may be closed and started again on the same directory; a restart keeps the ports if they are free.
 *
 * <p>A fault that would end a broker's process (a failed log directory, say) ends this broker only: it stops,
 * {@link #isRunning()} turns false and {@link #failure()} says why.
 */
public final class EmbeddedKafka implements KafkaBroker {
    private static final Logger log = LoggerFactory.getLogger(EmbeddedKafka.class);
    private static final Duration START_LIMIT = Duration.ofSeconds(90);
    private static final Duration STOP_LIMIT = Duration.ofSeconds(30);

    private static final String LOOPBACK = "127.0.0.1:";

    private final Path directory;
    private final BrokerPorts ports;
    private final DirectoryLock lock;
    private final BrokerThreads threads;
    private final AtomicReference<@Nullable KafkaRaftServer> server = new AtomicReference<>();
    private volatile @Nullable ServerException failure;

    private EmbeddedKafka(Path directory, BrokerPorts ports, DirectoryLock lock) {
        this.directory = directory;
        this.ports = ports;
        this.lock = lock;
        this.threads = new BrokerThreads("kafka-" + ports.broker(), this::fail);
    }

    /** Starts a broker on this directory, which is created and formatted if need be. */
    public static EmbeddedKafka start(Path dataDirectory) {
        Path directory = dataDirectory.toAbsolutePath().normalize();
        DirectoryLock lock = DirectoryLock.take(directory, "Kafka broker");
        EmbeddedKafka kafka = null;
        try {
            kafka = new EmbeddedKafka(directory, BrokerPorts.rememberedIn(directory), lock);
            kafka.startUp();
            return kafka;
        } catch (IOException | RuntimeException e) {
            if (kafka == null) {
                lock.close();
            } else {
                kafka.close();
            }
            throw e instanceof ServerException known
                    ? known
                    : new ServerException("cannot start the Kafka broker on " + directory + ": " + e, e);
        }
    }

    /**
     * Where a broker that another process of this host started on this directory listens, if it runs. Starts nothing.
     *
     * @return empty where no broker ever was
     */
    public static Optional<String> addressOf(Path dataDirectory) {
        try {
            return BrokerPorts.brokerIn(dataDirectory.toAbsolutePath().normalize())
                    .map(port -> LOOPBACK + port);
        } catch (IOException e) {
            log.debug("the ports of the broker in {} cannot be read", dataDirectory, e);
            return Optional.empty();
        }
    }

    private void startUp() throws IOException {
        Path data = Files.createDirectories(directory.resolve("data"));
        BrokerSettings settings = new BrokerSettings(data, ports);
        settings.formatIfNew();
        AtomicReference<@Nullable Throwable> problem = new AtomicReference<>();
        Thread starter = threads.start("start", () -> {
            try {
                KafkaRaftServer created =
                        new KafkaRaftServer(new KafkaConfig(settings.properties(), false), Time.SYSTEM);
                server.set(created);
                created.startup();
            } catch (Throwable e) {
                problem.set(e);
            }
        });
        boolean ended = BrokerThreads.join(starter, START_LIMIT);
        Throwable cause = problem.get();
        if (!ended || cause != null || failure != null) {
            String what = ended ? String.valueOf(cause) : "not started within " + START_LIMIT.toSeconds() + " s";
            throw new ServerException(
                    "the Kafka broker on " + directory + " did not start: " + what + ". " + advice(),
                    cause != null ? cause : failure);
        }
    }

    @Override
    public String bootstrapServers() {
        return LOOPBACK + ports.broker();
    }

    @Override
    public boolean isRunning() {
        return server.get() != null && failure == null;
    }

    /** Why the broker stopped by itself, if it did. */
    public Optional<ServerException> failure() {
        return Optional.ofNullable(failure);
    }

    private void fail(Throwable fault) {
        synchronized (this) {
            if (failure != null || server.get() == null) {
                return;
            }
            failure = new ServerException(
                    "the Kafka broker on " + directory + " stopped by itself: " + fault.getMessage() + ". " + advice(),
                    fault);
        }
        log.error("{}", failure.getMessage(), fault);
        // Half a broker would let clients wait for answers: a process would be gone, and so must this be.
        threads.start("stop-after-fault", this::shutDown);
    }

    private String advice() {
        String space = "";
        try {
            space = "The file system has " + (Files.getFileStore(directory).getUsableSpace() >> 20) + " MiB left. ";
        } catch (IOException e) {
            log.debug("free space of {} is unknown", directory, e);
        }
        return space + "The data is kept: remove the cause (the log above names it) and start again.";
    }

    /** Stops the broker; waits at most half a minute. */
    @Override
    public void close() {
        Thread stopper = threads.start("stop", this::shutDown);
        if (!BrokerThreads.join(stopper, STOP_LIMIT)) {
            log.warn(
                    "the Kafka broker on {} did not stop within {} s; it is left behind and ends with this process",
                    directory,
                    STOP_LIMIT.toSeconds());
            return;
        }
        threads.forget();
        lock.close();
    }

    private void shutDown() {
        // A close that follows a fault waits for the stop that the fault began.
        synchronized (threads) {
            KafkaRaftServer running = server.getAndSet(null);
            if (running != null) {
                running.shutdown();
                running.awaitShutdown();
            }
        }
    }
}
