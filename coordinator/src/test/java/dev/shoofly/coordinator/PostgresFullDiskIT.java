package dev.shoofly.coordinator;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.shoofly.servers.DatabaseServer;
import dev.shoofly.servers.EmbeddedPostgres;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** A write-ahead log that cannot grow stops the server. It is on the file system of the data here. */
class PostgresFullDiskIT extends FullDiskContract {
    private static final int MEGABYTE = 1 << 20;
    /** More than the segments that the server keeps to write again. */
    private static final int MESSAGES = 200;

    private @Nullable EmbeddedPostgres server;

    @Override
    OrdersTable table() {
        return OrdersTable.POSTGRES;
    }

    @Override
    String words() {
        return "No space left on device";
    }

    @Override
    void mountForLog(Path under) {}

    @Override
    DatabaseServer start(Path data, Path under) {
        EmbeddedPostgres started = EmbeddedPostgres.builder(data)
                .setting("min_wal_size", "32MB")
                .setting("max_wal_size", "64MB")
                .start();
        server = started;
        return started;
    }

    @Override
    void fillLog(MigrationFixture fixture, SmallFileSystem data, MigrationRunner runner) throws Exception {
        EmbeddedPostgres postgres = Objects.requireNonNull(server);
        data.leave(0);
        assertThatThrownBy(() -> writeLog(fixture)).isInstanceOf(SQLException.class);
        PauseContract.await("the server's end", () -> !postgres.isRunning());
        data.makeRoom();
        postgres.restart();
    }

    /** Log without rows. */
    private static void writeLog(MigrationFixture fixture) throws SQLException {
        for (int message = 0; message < MESSAGES; message++) {
            fixture.execute("SELECT pg_logical_emit_message(false, 'fill', repeat('x', " + MEGABYTE + "))");
        }
    }

    @Override
    void unmountLog() {}
}
