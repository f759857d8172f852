package dev.shoofly.capture;

import static dev.shoofly.capture.CaptureSettings.Start.FRESH;
import static dev.shoofly.capture.CaptureSettings.Start.RESUME;
import static org.assertj.core.api.Assertions.assertThat;

import dev.shoofly.model.KeyType;
import dev.shoofly.model.RowKey;
import dev.shoofly.servers.DatabaseServer;
import dev.shoofly.servers.KafkaBroker;
import dev.shoofly.servers.PostgresVersion;
import dev.shoofly.servers.fixture.TestServers;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The broker goes away and comes back while the application writes. */
final class KafkaOutageIT {
    /** Which server is captured. */
    enum Source {
        MYSQL,
        POSTGRES;

        DatabaseServer server() {
            return switch (this) {
                case MYSQL -> TestServers.mysql();
                case POSTGRES -> TestServers.postgres(PostgresVersion.V15);
            };
        }
    }

    @ParameterizedTest
    @EnumSource
    void nothingIsLostWhenTheBrokerRestarts(Source source, @TempDir Path directory) throws Exception {
        KafkaBroker kafka = TestServers.dedicatedKafka(directory);
        try (CaptureRig rig = rig(source, kafka)) {
            CaptureEngine engine = rig.streaming(FRESH);
            Writer writer = new Writer(rig);
            try (writer) {
                for (int restart = 0; restart < 2; restart++) {
                    writer.awaitMore(200);
                    kafka.close();
                    writer.awaitMore(200);
                    kafka = TestServers.dedicatedKafka(directory);
                }
                writer.awaitMore(100);
            }
            if (engine.failure().isPresent()) {
                engine.close();
                rig.streaming(RESUME);
            }
            ChangesTopicReader topic = rig.topic();
            topic.awaitMarker(rig.marker());
            assertThat(topic.distinctKeys()).isEqualTo(writer.written());
            assertThat(engine.failure()).as("the outage was waited out").isEmpty();
        } finally {
            kafka.close();
        }
    }

    @ParameterizedTest
    @EnumSource
    void aCloseDuringAnOutageIsBoundedAndLosesNothing(Source source, @TempDir Path directory) throws Exception {
        KafkaBroker kafka = TestServers.dedicatedKafka(directory);
        try (CaptureRig rig = rig(source, kafka)) {
            CaptureEngine engine = rig.streaming(FRESH);
            Writer writer = new Writer(rig);
            try (writer) {
                writer.awaitMore(100);
                kafka.close();
                writer.awaitMore(100);
                long begin = System.nanoTime();
                engine.close();
                assertThat(Duration.ofNanos(System.nanoTime() - begin)).isLessThan(Duration.ofSeconds(40));
                kafka = TestServers.dedicatedKafka(directory);
                rig.streaming(RESUME);
                writer.awaitMore(100);
            }
            ChangesTopicReader topic = rig.topic();
            topic.awaitMarker(rig.marker());
            assertThat(topic.distinctKeys()).isEqualTo(writer.written());
        } finally {
            kafka.close();
        }
    }

    private static CaptureRig rig(Source source, KafkaBroker kafka) {
        return CaptureRig.create(
                source.server(),
                kafka,
                CaptureContract.newName(),
                "(id bigint PRIMARY KEY, note varchar(100))",
                List.of(Plans.keyColumn("id", KeyType.INTEGER)),
                CaptureContract.PARTITIONS);
    }

    /** Inserts a row after the other on a thread of its own. */
    private static final class Writer implements AutoCloseable {
        private final CaptureRig rig;
        private final AtomicInteger last = new AtomicInteger();
        private final AtomicBoolean stopped = new AtomicBoolean();
        private final ExecutorService thread = Executors.newSingleThreadExecutor();
        private final Future<?> work;

        Writer(CaptureRig rig) {
            this.rig = rig;
            this.work = thread.submit(this::write);
        }

        private void write() {
            while (!stopped.get()) {
                rig.sql("INSERT INTO " + rig.source() + " VALUES (" + (last.get() + 1) + ", 'n')");
                last.incrementAndGet();
            }
        }

        void awaitMore(int rows) {
            int target = last.get() + rows;
            while (last.get() < target && !work.isDone()) {
                LockSupport.parkNanos(5_000_000);
            }
        }

        Set<RowKey> written() {
            return new HashSet<>(CaptureContract.range(1, last.get()));
        }

        @Override
        public void close() throws Exception {
            stopped.set(true);
            work.get();
            thread.shutdown();
        }
    }
}
