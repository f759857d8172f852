package dev.shoofly.servers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class EmbeddedPostgresIT {
    @TempDir
    Path directory;

    @ParameterizedTest
    @EnumSource(PostgresVersion.class)
    void isDurableAndWritesALogicalLog(PostgresVersion version) throws Exception {
        try (EmbeddedPostgres server = builder().version(version).start();
                Session session = Session.open(server)) {
            assertThat(session.value("SHOW server_version")).startsWith(version.major() + ".");
            assertThat(session.value("SHOW fsync")).isEqualTo("on");
            assertThat(session.value("SHOW synchronous_commit")).isEqualTo("on");
            assertThat(session.value("SHOW wal_level")).isEqualTo("logical");
            assertThat(session.value("SHOW log_timezone")).isEqualTo("UTC");
            assertThat(session.value("SELECT current_database()")).isEqualTo("shop");
            assertThat(session.value("SHOW listen_addresses")).isEqualTo("127.0.0.1");
        }
    }

    @Test
    void settingsOfTheCallerWinAndAlterSystemWinsOverThem() throws Exception {
        Map<String, String> settings =
                Map.of("wal_level", "replica", "application_name", "it's \\ quoted", "work_mem", "5MB");
        try (EmbeddedPostgres server = builder().settings(settings).start()) {
            try (Session session = Session.open(server)) {
                assertThat(session.value("SHOW wal_level")).isEqualTo("replica");
                assertThat(session.value("SELECT reset_val FROM pg_settings WHERE name = 'application_name'"))
                        .isNotNull();
                assertThat(session.value("SHOW work_mem")).isEqualTo("5MB");
                session.run("ALTER SYSTEM SET work_mem = '6MB'");
            }
            server.restart();
            try (Session session = Session.open(server)) {
                assertThat(session.value("SHOW work_mem")).isEqualTo("6MB");
            }
        }
    }

    @Test
    void keepsItsDataItsPortAndItsPasswordOverRestartCrashAndReopening() throws Exception {
        int port;
        try (EmbeddedPostgres server = builder().start()) {
            port = server.port();
            new SurvivalCheck(server).survivesRestartAndKill();
        }
        try (EmbeddedPostgres reopened = builder().start();
                Session session = Session.open(reopened)) {
            assertThat(reopened.port()).isEqualTo(port);
            assertThat(session.value("SELECT count(*) FROM survivors")).isEqualTo("3");
        }
    }

    @Test
    void refusesAWrongPassword() {
        try (EmbeddedPostgres server = builder().start()) {
            assertThatThrownBy(() -> Session.open(server, "wrong")).hasMessageContaining("password");
        }
    }

    @Test
    void refusesASecondServerOnTheSameDirectory() {
        try (EmbeddedPostgres server = builder().start()) {
            assertThatThrownBy(() -> builder().start())
                    .isInstanceOf(ServerException.class)
                    .hasMessageContaining(directory.toString())
                    .hasMessageContaining("in use");
            assertThat(server.isRunning()).isTrue();
        }
    }

    @Test
    void startsAfterACrashWhoseProcessIdNowBelongsToAnotherProgram() throws Exception {
        builder().start().close();
        Path lockFile = directory.resolve("data/postmaster.pid");
        Files.writeString(lockFile, "1\n" + directory.resolve("data") + "\n0\n0\n\n127.0.0.1\n0 0\nready\n");
        builder().start().close();
        assertThat(lockFile).doesNotExist();
        assertThat(Files.readString(directory.resolve("server.log"))).endsWith("database system is shut down\n");
    }

    @Test
    void refusesDataOfAnotherVersion() {
        builder().version(PostgresVersion.V15).start().close();
        assertThatThrownBy(() -> builder().version(PostgresVersion.V17).start())
                .isInstanceOf(ServerException.class)
                .hasMessageContaining("holds PostgreSQL 15 data");
    }

    @Test
    void aFailedStartShowsWhatTheServerLogged() {
        assertThatThrownBy(() -> builder().setting("shared_buffers", "nonsense").start())
                .isInstanceOf(ServerException.class)
                .hasMessageContaining("shared_buffers")
                .hasMessageContaining("server.log");
        builder().start().close();
    }

    private EmbeddedPostgres.Builder builder() {
        return EmbeddedPostgres.builder(directory);
    }
}
