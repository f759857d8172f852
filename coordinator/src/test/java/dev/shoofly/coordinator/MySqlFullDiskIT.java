package dev.shoofly.coordinator;

import dev.shoofly.servers.DatabaseServer;
import dev.shoofly.servers.EmbeddedMySql;
import java.nio.file.Path;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A binary log that cannot grow makes every commit wait, up to a minute longer than there is no room: so it is on a file system
 * of its own here, and the server is killed in the end instead of waited for.
 */
class MySqlFullDiskIT extends FullDiskContract {
    private @Nullable SmallFileSystem log;
    private @Nullable DatabaseServer server;

    @Override
    OrdersTable table() {
        return OrdersTable.MYSQL;
    }

    @Override
    String words() {
        return "is full (SQLState HY000, error 1114)";
    }

    @Override
    void mountForLog(Path under) throws Exception {
        log = SmallFileSystem.mount(under.resolve("log"), 64);
    }

    @Override
    DatabaseServer start(Path data, Path under) {
        DatabaseServer started = EmbeddedMySql.builder(data)
                .setting("innodb_buffer_pool_size", "64M")
                .setting("innodb_redo_log_capacity", "16M")
                .setting("log_bin", under.resolve("log").resolve("binlog").toString())
                .start();
        server = started;
        return started;
    }

    @Override
    void fillLog(MigrationFixture fixture, SmallFileSystem data, MigrationRunner runner) throws Exception {
        SmallFileSystem itsDisk = Objects.requireNonNull(log);
        DatabaseServer mysql = Objects.requireNonNull(server);
        // Our own markers meet it next, and wait.
        itsDisk.leave(0);
        PauseContract.await(
                "what the commits wait for",
                () -> reason(runner).contains("every commit on the server waits")
                        && reason(runner).contains("Disk is full writing"));
        itsDisk.makeRoom();
        mysql.kill();
        mysql.restart();
        PauseContract.await("commits", () -> runner.snapshot().orElseThrow().reason() == null);
    }

    @Override
    void unmountLog() throws Exception {
        if (log != null) {
            log.close();
        }
    }
}
