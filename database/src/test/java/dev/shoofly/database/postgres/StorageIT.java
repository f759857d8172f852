package dev.shoofly.database.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.shoofly.database.Database;
import dev.shoofly.database.Databases;
import dev.shoofly.database.Storage;
import dev.shoofly.database.disk.ServerFiles;
import dev.shoofly.database.disk.TableSize;
import dev.shoofly.model.FaultPoints;
import dev.shoofly.model.TableName;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What is told of tables and disks is what the disk has. */
class StorageIT {
    private static final TableName TABLE = new TableName("public", "Of \"Rows\"");
    private static final long MEGABYTE = 1 << 20;
    private Lab lab;
    private Storage storage;

    @BeforeEach
    void open() throws SQLException {
        lab = Lab.open();
        lab.run(
                "CREATE TABLE \"Of \"\"Rows\"\"\" (id int PRIMARY KEY, filler char(200), large text)",
                "INSERT INTO \"Of \"\"Rows\"\"\" SELECT i, i, CASE WHEN i <= 100 THEN (SELECT string_agg(md5((i * j)::text), '')"
                        + " FROM generate_series(1, 1000) j) END FROM generate_series(1, 20000) i");
        storage = lab.database.storage();
    }

    @AfterEach
    void close() throws SQLException {
        lab.close();
    }

    @Test
    void measuresRowsOversizedValuesAndIndexes() {
        TableSize size = storage.measure(TABLE);
        assertThat(size.data()).as("4 MB of rows and 3 MB out of line").isBetween(7 * MEGABYTE, 12 * MEGABYTE);
        assertThat(size.indexes()).isBetween(MEGABYTE / 4, 2 * MEGABYTE);
        assertThat(storage.glance(TABLE)).isEqualTo(size);
        assertThat(storage.measure(new TableName("public", "nowhere"))).isEqualTo(TableSize.ZERO);
        assertThat(storage.logBytes(size)).isEqualTo(2 * size.total());
        assertThat(storage.logBytes(new TableSize(1L << 50, 0)))
                .as("max_wal_size")
                .isEqualTo(1L << 30);
    }

    @Test
    void seesTheServersDirectoriesHereOnlyIfItRunsOnThem() throws Exception {
        ServerFiles files = Objects.requireNonNull(storage.whereabouts(TABLE).files());
        Path root = Objects.requireNonNull(files.data().getParent());
        assertThat(files.data()).isEqualTo(root.resolve("base"));
        assertThat(files.log()).isEqualTo(root.resolve("pg_wal")).isNotEmptyDirectory();

        Path pid = root.resolve("postmaster.pid");
        List<String> own = Files.readAllLines(pid);
        List<String> others = new ArrayList<>(own);
        others.set(2, "1000000000");
        try {
            Files.write(pid, others);
            assertThat(storage.whereabouts(TABLE)).satisfies(found -> {
                assertThat(found.files()).isNull();
                assertThat(found.unknownBecause()).contains(root.toString());
            });
        } finally {
            Files.write(pid, own);
        }
    }

    @Test
    void followsTablespaces() {
        lab.run(
                "SET allow_in_place_tablespaces = on",
                "CREATE TABLESPACE elsewhere LOCATION ''",
                "ALTER TABLE \"Of \"\"Rows\"\"\" SET TABLESPACE elsewhere");
        try {
            ServerFiles files =
                    Objects.requireNonNull(storage.whereabouts(TABLE).files());
            assertThat(files.data().getParent()).hasFileName("pg_tblspc");
            assertThat(files.indexes()).as("they did not move").hasFileName("base");
        } finally {
            lab.run("ALTER TABLE \"Of \"\"Rows\"\"\" SET TABLESPACE pg_default", "DROP TABLESPACE elsewhere");
        }
    }

    @Test
    void namesTheGrantThatAUserNeeds() {
        lab.run("DROP ROLE IF EXISTS disk_reader", "CREATE ROLE disk_reader LOGIN PASSWORD 'x'");
        try (Database database = Databases.open(lab.profile("disk_reader", "x"), 2, FaultPoints.NONE)) {
            assertThat(database.storage().whereabouts(TABLE).unknownBecause())
                    .contains("GRANT pg_read_all_settings TO \"disk_reader\"");
            lab.run("GRANT pg_read_all_settings TO \"disk_reader\"");
            assertThat(database.storage().whereabouts(TABLE).files()).isNotNull();
        } finally {
            lab.run("DROP ROLE disk_reader");
        }
    }

    @Test
    void takesTheOperatorsNumberAndRefusesWhatIsNone() {
        assertThat(storage.freeBytes("SELECT 123456789012")).isEqualTo(123_456_789_012L);
        assertThat(storage.freeBytes("SELECT 1.5e3")).isEqualTo(1_500);
        assertThatThrownBy(() -> storage.freeBytes("SELECT NULL::bigint")).hasMessageContaining("yields nothing");
        assertThatThrownBy(() -> storage.freeBytes("SELECT -5")).hasMessageContaining("yields -5");
        assertThatThrownBy(() -> storage.freeBytes("SELECT free FROM no_such_table"))
                .hasMessageContaining("SELECT free FROM no_such_table")
                .hasMessageContaining("does not exist");
    }
}
