package dev.shoofly.cli.input;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ConnectionRequestTest {
    private static final Settings REMEMBERED = new Settings.Builder()
            .put(Setting.URL, "jdbc:mysql://db/shop")
            .put(Setting.USER, "root")
            .put(Setting.PASSWORD_ENV, "PW")
            .build();

    @TempDir
    private Path directory;

    @Test
    void needsNothingWhereTheLastConnectionIsRemembered() {
        assertThat(ConnectionRequest.of(Settings.NONE, REMEMBERED))
                .isEqualTo(new ConnectionRequest("jdbc:mysql://db/shop", "root", new PasswordSource.Variable("PW")));
    }

    @Test
    void neverTakesRememberedCredentialsToAnotherServer() {
        Settings other = new Settings.Builder()
                .put(Setting.URL, "jdbc:mysql://elsewhere/shop")
                .build();

        assertThatThrownBy(() -> ConnectionRequest.of(other, REMEMBERED))
                .isInstanceOf(UsageException.class)
                .hasMessageContaining("--user is missing");
    }

    @Test
    void neverTakesARememberedPasswordToAnotherUser() {
        Settings other = new Settings.Builder().put(Setting.USER, "admin").build();

        assertThat(ConnectionRequest.of(other, REMEMBERED))
                .isEqualTo(new ConnectionRequest("jdbc:mysql://db/shop", "admin", new PasswordSource.None()));
    }

    @Test
    void letsANewPasswordSourceReplaceTheRememberedOne() {
        Settings file =
                new Settings.Builder().put(Setting.PASSWORD_FILE, "/run/pw").build();

        assertThat(ConnectionRequest.of(file, REMEMBERED).password())
                .isEqualTo(new PasswordSource.TextFile(Path.of("/run/pw")));
    }

    @Test
    void remembersWhereThePasswordIsAndNeverThePassword() throws IOException {
        Path secret = Files.writeString(directory.resolve("pw"), "geheim\n");
        RememberedConnection remembered = new RememberedConnection(directory.resolve("data"));

        remembered.save(new ConnectionRequest("jdbc:mysql://db/shop", "root", new PasswordSource.TextFile(secret)));

        assertThat(Files.readString(directory.resolve("data/connection.properties")))
                .contains("pw")
                .doesNotContain("geheim");
        ConnectionRequest again = ConnectionRequest.of(Settings.NONE, remembered.load());
        assertThat(again.profile(Map.of()).password().reveal()).isEqualTo("geheim");
        assertThat(again.profile(Map.of()).toString()).doesNotContain("geheim");
    }

    @Test
    void namesTheVariableThatIsNotSet() {
        assertThatThrownBy(() -> new PasswordSource.Variable("PW").read(Map.of()))
                .isInstanceOf(UsageException.class)
                .hasMessage("--password-env PW: this environment variable is not set");
    }

    @Test
    void namesThePasswordFileThatIsNotThere() {
        assertThatThrownBy(() -> new PasswordSource.TextFile(directory.resolve("none")).read(Map.of()))
                .isInstanceOf(UsageException.class)
                .hasMessageContaining("there is no such file");
    }
}
