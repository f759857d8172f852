package dev.shoofly.coordinator.disk;

import static org.assertj.core.api.Assertions.assertThat;

import dev.shoofly.coordinator.disk.CopyProgress.Phase;
import dev.shoofly.database.Storage;
import dev.shoofly.database.disk.ServerFiles;
import dev.shoofly.database.disk.TableSize;
import dev.shoofly.database.disk.Whereabouts;
import dev.shoofly.model.DiskSettings;
import dev.shoofly.model.TableName;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DiskCheckTest {
    private static final long GB = 1L << 30;
    private static final TableName ORDERS = new TableName("shop", "orders");
    private static final TableName SHADOW = new TableName("shop", "_orders_k3mz8q2x_new");
    private static final DiskSettings RESERVE_1_GB = new DiskSettings(GB, null);

    private final Server server = new Server();
    private final Map<Path, DiskMeter.Disk> disks = new HashMap<>();
    private final DiskCheck check = new DiskCheck(server, ORDERS, path -> Optional.ofNullable(disks.get(path)));

    /** 60 GB of rows, 20 GB of indexes; the log of a copy takes what its rows do. */
    private static final class Server implements Storage {
        private TableSize shadow = TableSize.ZERO;
        private Whereabouts whereabouts = Whereabouts.unknown("the server is on another host (db7)");
        private long free;
        private int measured;

        @Override
        public TableSize measure(TableName table) {
            measured++;
            return new TableSize(60 * GB, 20 * GB);
        }

        @Override
        public TableSize glance(TableName table) {
            assertThat(table).isEqualTo(SHADOW);
            return shadow;
        }

        @Override
        public Whereabouts whereabouts(TableName source) {
            return whereabouts;
        }

        @Override
        public long logBytes(TableSize copied) {
            return copied.data();
        }

        @Override
        public long freeBytes(String query) {
            assertThat(query).isEqualTo("SELECT free");
            return free;
        }
    }

    private Optional<String> look(Phase phase, double copied) {
        return check.shortage(RESERVE_1_GB, new CopyProgress(phase, SHADOW, copied));
    }

    private Optional<String> lookByQuery(Phase phase, double copied, long free) {
        server.free = free;
        return check.shortage(new DiskSettings(GB, "SELECT free"), new CopyProgress(phase, SHADOW, copied));
    }

    @Test
    void requiresTheTableItsIndexesTwiceItsLogAndTheReserveBeforeTheCopy() {
        assertThat(lookByQuery(Phase.BEFORE, 0, 85 * GB))
                .hasValue("Insufficient disk space for the shadow table of shop.orders: required 161 GB (rows 60 GB,"
                        + " indexes 20 GB, sorting 20 GB, log 60 GB, reserve 1 GB), available 85 GB by the disk query");
        assertThat(check.latest()).hasValue(new DiskView(161 * GB, 85 * GB));
        assertThat(lookByQuery(Phase.BEFORE, 0, 161 * GB)).isEmpty();
        assertThat(lookByQuery(Phase.BEFORE, 0, 161 * GB - 1)).isPresent();
    }

    @Test
    void requiresWhatIsLeftWhileCopying() {
        server.shadow = new TableSize(30 * GB, 10 * GB);
        // 30 of rows, 10 of indexes, 20 for sorting, 30 of log; of these a tenth may be wrong.
        assertThat(lookByQuery(Phase.COPYING, 0.5, 82 * GB)).isEmpty();
        assertThat(lookByQuery(Phase.COPYING, 0.5, 81 * GB))
                .hasValueSatisfying(words -> assertThat(words).contains("required 82 GB (rows 27 GB, indexes 9 GB,"));
        server.shadow = new TableSize(70 * GB, 25 * GB);
        assertThat(lookByQuery(Phase.COPYING, 1.2, 19 * GB))
                .as("a shadow that is larger than thought leaves nothing but sorting")
                .isEmpty();
    }

    @ParameterizedTest
    @CsvSource({"INDEXING", "LATER"})
    void requiresTheReserveAloneOnceTheRowsAreCopied(Phase phase) {
        assertThat(lookByQuery(phase, 1, GB)).isEmpty();
        assertThat(lookByQuery(phase, 1, GB / 2))
                .hasValueSatisfying(words ->
                        assertThat(words).contains("required 1 GB (reserve 1 GB), available 512 MB by the disk query"));
    }

    @Test
    void sumsWhatGoesToOneFileSystemAndComparesEachOnItsOwn() {
        Path data = Path.of("/data");
        Path log = Path.of("/log");
        Path temporary = Path.of("/data/tmp");
        server.whereabouts = Whereabouts.here(new ServerFiles(data, data, log, temporary));
        disks.put(data, new DiskMeter.Disk("first", 100 * GB));
        disks.put(temporary, new DiskMeter.Disk("first", 100 * GB));
        disks.put(log, new DiskMeter.Disk("second", 61 * GB));
        assertThat(look(Phase.BEFORE, 0))
                .hasValue("Insufficient disk space for the shadow table of shop.orders: required 101 GB (rows 60 GB,"
                        + " indexes 20 GB, sorting 20 GB, reserve 1 GB), available 100 GB in /data");

        disks.put(data, new DiskMeter.Disk("first", 101 * GB));
        disks.put(temporary, new DiskMeter.Disk("first", 101 * GB));
        assertThat(look(Phase.BEFORE, 0)).isEmpty();

        disks.put(log, new DiskMeter.Disk("second", 60 * GB));
        assertThat(look(Phase.BEFORE, 0))
                .hasValueSatisfying(words -> assertThat(words)
                        .contains("required 61 GB (log 60 GB, reserve 1 GB), available 60 GB in /log"));
    }

    @Test
    void comparesNothingWhereNothingIsKnownOrWanted() {
        assertThat(look(Phase.BEFORE, 0)).isEmpty();
        assertThat(check.latest()).isEmpty();
        server.free = 0;
        assertThat(check.shortage(new DiskSettings(DiskSettings.OFF, "SELECT free"), CopyProgress.in(Phase.BEFORE)))
                .isEmpty();
    }

    @Test
    void measuresTheSourceOnceUntilItIsToldToBeginAnew() {
        assertThat(lookByQuery(Phase.BEFORE, 0, 999 * GB)).isEmpty();
        assertThat(lookByQuery(Phase.COPYING, 0, 999 * GB)).isEmpty();
        assertThat(server.measured).isEqualTo(1);
        check.begin();
        assertThat(lookByQuery(Phase.COPYING, 0, 999 * GB)).isEmpty();
        assertThat(server.measured).isEqualTo(2);
    }

    @Test
    void wantsHalfAGigabyteAtMostUnderABrokerOfThisProcess() {
        Path kafka = Path.of("/kafka");
        BrokerDisk broker = new BrokerDisk(Optional.of(kafka), path -> Optional.ofNullable(disks.get(path)));
        disks.put(kafka, new DiskMeter.Disk("third", 511L << 20));
        assertThat(broker.shortage(RESERVE_1_GB))
                .hasValue("Insufficient disk space for Kafka's data in /kafka: required 512 MB, available 511 MB");
        assertThat(broker.shortage(new DiskSettings(100 << 20, null))).isEmpty();
        assertThat(broker.shortage(new DiskSettings(DiskSettings.OFF, null))).isEmpty();
        assertThat(new BrokerDisk(Optional.empty(), path -> Optional.ofNullable(disks.get(kafka)))
                        .shortage(RESERVE_1_GB))
                .isEmpty();
    }

    @ParameterizedTest
    @CsvSource({
        "0, 0 bytes",
        "1023, 1023 bytes",
        "1024, 1 kB",
        "1536, 1.5 kB",
        "129922760704, 121 GB",
        "1152921504606846976, 1048576 TB"
    })
    void wordsBytesInTheServersUnits(long bytes, String words) {
        assertThat(Bytes.text(bytes)).isEqualTo(words);
    }
}
