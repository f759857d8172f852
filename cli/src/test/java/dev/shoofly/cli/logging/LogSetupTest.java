package dev.shoofly.cli.logging;

import static org.assertj.core.api.Assertions.assertThat;

import dev.shoofly.cli.screen.Screen;
import dev.shoofly.database.connection.Secret;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.slf4j.LoggerFactory;
import org.slf4j.MDC;

class LogSetupTest {
    private final ByteArrayOutputStream shown = new ByteArrayOutputStream();
    private final SecretMask mask = new SecretMask();

    @TempDir
    private Path directory;

    private void install(LogSetup.Verbosity verbosity) {
        Screen screen = new Screen(new PrintStream(shown, true, StandardCharsets.UTF_8), Screen.Mode.PLAIN, 80);
        LogSetup setup = new LogSetup(screen, mask, verbosity);
        setup.toScreen();
        setup.toFile(directory);
    }

    private String file() throws IOException {
        return Files.readString(directory.resolve("shoofly.log"));
    }

    @ParameterizedTest
    @EnumSource(LogSetup.Verbosity.class)
    void keepsConfigurationsThatLibrariesPrintOutOfEveryLog(LogSetup.Verbosity verbosity) throws IOException {
        install(verbosity);

        LoggerFactory.getLogger("org.apache.kafka.clients.producer.ProducerConfig")
                .info("sasl.jaas.config = geheim");
        LoggerFactory.getLogger("io.debezium.connector.common.BaseSourceTask").info("database.password = geheim");
        LoggerFactory.getLogger("com.zaxxer.hikari.HikariConfig").debug("password = geheim");

        assertThat(file()).isEmpty();
        assertThat(shown.toString(StandardCharsets.UTF_8)).isEmpty();
    }

    @Test
    void masksASecretWhoeverLogsIt() throws IOException {
        mask.add(new Secret("geheim"));
        install(LogSetup.Verbosity.NORMAL);

        LoggerFactory.getLogger("dev.shoofly.x").warn("login with geheim", new IllegalStateException("pw geheim"));

        assertThat(file()).contains("login with ******").doesNotContain("geheim");
        assertThat(shown.toString(StandardCharsets.UTF_8)).contains("warning: login with ******");
    }

    @Test
    void namesMigrationTableAndRoleOnEachLine() throws IOException {
        install(LogSetup.Verbosity.NORMAL);
        try (MDC.MDCCloseable migration = MDC.putCloseable("migration", "k3mz8q2x");
                MDC.MDCCloseable table = MDC.putCloseable("table", "shop.orders");
                MDC.MDCCloseable role = MDC.putCloseable("role", "applier")) {
            assertThat(migration).isNotNull();
            assertThat(table).isNotNull();
            assertThat(role).isNotNull();
            LoggerFactory.getLogger("dev.shoofly.x").info("hello");
        }

        assertThat(file()).contains("[k3mz8q2x shop.orders applier] dev.shoofly.x - hello");
    }

    @Test
    void showsOnlyItsOwnWarningsOnTheScreen() {
        install(LogSetup.Verbosity.NORMAL);

        LoggerFactory.getLogger("dev.shoofly.x").info("a detail");
        LoggerFactory.getLogger("org.apache.kafka.clients.NetworkClient").warn("connection lost");
        LoggerFactory.getLogger("dev.shoofly.x").warn("look here");

        assertThat(shown.toString(StandardCharsets.UTF_8).lines()).containsExactly("warning: look here");
    }
}
