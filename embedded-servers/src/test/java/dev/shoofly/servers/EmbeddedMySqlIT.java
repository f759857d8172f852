package dev.shoofly.servers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EmbeddedMySqlIT {
    @TempDir
    Path directory;

    @Test
    void isDurableAndLogsWholeRowsWithGtids() throws Exception {
        try (EmbeddedMySql server = builder().start();
                Session session = Session.open(server)) {
            assertThat(session.value("SELECT version()")).startsWith("8.0.");
            assertThat(session.value("SELECT @@gtid_mode")).isEqualTo("ON");
            assertThat(session.value("SELECT @@enforce_gtid_consistency")).isEqualTo("ON");
            assertThat(session.value("SELECT @@binlog_format")).isEqualTo("ROW");
            assertThat(session.value("SELECT @@binlog_row_image")).isEqualTo("FULL");
            assertThat(session.value("SELECT @@sync_binlog")).isEqualTo("1");
            assertThat(session.value("SELECT @@innodb_flush_log_at_trx_commit")).isEqualTo("1");
            assertThat(session.value("SELECT @@secure_file_priv")).isEmpty();
            assertThat(session.value("SELECT @@time_zone")).isEqualTo("+00:00");
            assertThat(session.value("SELECT database()")).isEqualTo("shop");
            assertThat(session.value("SELECT plugin FROM mysql.user WHERE user = 'root' AND host = '%'"))
                    .isEqualTo("caching_sha2_password");
        }
    }

    @Test
    void settingsOfTheCallerWin() throws Exception {
        Map<String, String> settings = Map.of(
                "gtid_mode",
                "OFF",
                "enforce-gtid-consistency",
                "OFF",
                "binlog_row_image",
                "MINIMAL",
                "binlog_format",
                "STATEMENT");
        try (EmbeddedMySql server = builder().settings(settings).start();
                Session session = Session.open(server)) {
            assertThat(session.value("SELECT @@gtid_mode")).isEqualTo("OFF");
            assertThat(session.value("SELECT @@binlog_row_image")).isEqualTo("MINIMAL");
            assertThat(session.value("SELECT @@binlog_format")).isEqualTo("STATEMENT");
            assertThat(session.value("SELECT @@log_bin")).isEqualTo("1");
        }
        try (EmbeddedMySql server = builder().setting("log_bin", "OFF").start();
                Session session = Session.open(server)) {
            assertThat(session.value("SELECT @@log_bin")).isEqualTo("0");
        }
    }

    @Test
    void keepsItsDataItsPortAndItsPasswordOverRestartCrashAndReopening() throws Exception {
        int port;
        try (EmbeddedMySql server = builder().start()) {
            port = server.port();
            new SurvivalCheck(server).survivesRestartAndKill();
        }
        try (EmbeddedMySql reopened = builder().start();
                Session session = Session.open(reopened)) {
            assertThat(reopened.port()).isEqualTo(port);
            assertThat(session.value("SELECT count(*) FROM survivors")).isEqualTo("3");
        }
    }

    @Test
    void serversFromOneTemplateHaveIdentitiesOfTheirOwn() throws Exception {
        try (EmbeddedMySql first = builder().start();
                EmbeddedMySql second =
                        EmbeddedMySql.builder(directory.resolve("second")).start();
                Session one = Session.open(first);
                Session two = Session.open(second)) {
            assertThat(one.value("SELECT @@server_uuid")).isNotEqualTo(two.value("SELECT @@server_uuid"));
            assertThat(one.value("SELECT @@server_id")).isNotEqualTo(two.value("SELECT @@server_id"));
        }
    }

    @Test
    void runsInADirectoryTooDeepForAUnixSocket() throws Exception {
        Path deep = directory.resolve("d".repeat(60)).resolve("e".repeat(60));
        try (EmbeddedMySql server = EmbeddedMySql.builder(deep).start();
                Session session = Session.open(server)) {
            assertThat(session.value("SELECT 1")).isEqualTo("1");
        }
    }

    @Test
    void refusesASecondServerOnTheSameDirectory() {
        try (EmbeddedMySql server = builder().start()) {
            assertThatThrownBy(() -> builder().start())
                    .isInstanceOf(ServerException.class)
                    .hasMessageContaining(directory.toString())
                    .hasMessageContaining("in use");
            assertThat(server.isRunning()).isTrue();
        }
    }

    @Test
    void aFailedStartShowsWhatTheServerLogged() {
        assertThatThrownBy(() -> builder().setting("no_such_setting", "1").start())
                .isInstanceOf(ServerException.class)
                .hasMessageContaining("no-such-setting")
                .hasMessageContaining("server.log");
        builder().start().close();
    }

    private EmbeddedMySql.Builder builder() {
        return EmbeddedMySql.builder(directory).setting("innodb_buffer_pool_size", "64M");
    }
}
