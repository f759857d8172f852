package dev.shoofly.database.mysql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.shoofly.database.Storage;
import dev.shoofly.database.disk.ServerFiles;
import dev.shoofly.database.disk.TableSize;
import dev.shoofly.model.TableName;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What is told of tables and disks is what the disk has. */
class StorageIT {
    private static final long MEGABYTE = 1 << 20;
    private Bench bench;
    private Storage storage;

    @BeforeEach
    void open() throws SQLException {
        bench = Bench.open();
        bench.sql(
                "CREATE TABLE `of plain` (id INT PRIMARY KEY, filler CHAR(200) NOT NULL, v INT, KEY (filler))",
                "CREATE TABLE t LIKE `of plain`",
                "SET SESSION cte_max_recursion_depth = 100000",
                "INSERT INTO t WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000)"
                        + " SELECT i, md5(i), i FROM n");
        storage = bench.database().storage();
    }

    @AfterEach
    void close() throws SQLException {
        bench.close();
    }

    private TableName table(String name) {
        return new TableName(bench.schema(), name);
    }

    @Test
    void measuresRowsAndIndexesWithoutWaitingForStatistics() throws Exception {
        // 20,000 rows of 600 bytes in a character set of three, the filler once more in its index.
        TableSize size = storage.measure(table("t"));
        assertThat(size.total()).isBetween(8 * MEGABYTE, 60 * MEGABYTE);
        bench.sql("ANALYZE TABLE t");
        assertThat(storage.glance(table("t")).indexes()).isGreaterThan(MEGABYTE);
        assertThat(storage.glance(table("t")).total()).isBetween(size.total() / 2, size.total() + MEGABYTE);
        assertThat(storage.measure(table("of plain")).total()).isBetween(1L, MEGABYTE);
        assertThat(storage.measure(table("nowhere"))).isEqualTo(TableSize.ZERO);
    }

    @Test
    void doesNotCountExtentsThatHoldNothingAnyMore() throws Exception {
        long full = storage.measure(table("t")).total();
        bench.sql("DELETE FROM t WHERE id > 10");
        Bench.await(() -> storage.measure(table("t")).total() < full / 2);
    }

    @Test
    void seesTheServersDirectoriesHereOnlyIfTheyAreItsOwn() throws Exception {
        ServerFiles files =
                Objects.requireNonNull(storage.whereabouts(table("t")).files());
        Path identity = files.data().resolve("auto.cnf");
        assertThat(identity).exists();
        assertThat(files.data().resolve(bench.schema()).resolve("t.ibd")).exists();
        assertThat(files.log()).isDirectoryContaining(file -> file.toString().contains("binlog."));
        assertThat(files.temporary()).isDirectory();

        String own = Files.readString(identity);
        try {
            Files.writeString(identity, "[auto]\nserver-uuid=00000000-0000-0000-0000-000000000001\n");
            assertThat(storage.whereabouts(table("t"))).satisfies(found -> {
                assertThat(found.files()).isNull();
                assertThat(found.unknownBecause()).contains(files.data().toString());
            });
        } finally {
            Files.writeString(identity, own);
        }
    }

    @Test
    void takesTheOperatorsNumberAndRefusesWhatIsNone() {
        assertThat(storage.freeBytes("SELECT 123456789012")).isEqualTo(123_456_789_012L);
        assertThatThrownBy(() -> storage.freeBytes("SELECT NULL")).hasMessageContaining("yields nothing");
        assertThatThrownBy(() -> storage.freeBytes("SELECT 1 FROM DUAL WHERE 1 = 0"))
                .hasMessageContaining("yields nothing");
        assertThatThrownBy(() -> storage.freeBytes("SELECT -5")).hasMessageContaining("yields -5");
        assertThatThrownBy(() -> storage.freeBytes("SELECT free FROM no_such_table"))
                .hasMessageContaining("SELECT free FROM no_such_table")
                .hasMessageContaining("no_such_table' doesn't exist");
    }
}
