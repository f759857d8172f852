package dev.shoofly.cli.input;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ApiRequestTest {
    @TempDir
    private Path directory;

    private static Optional<ApiRequest> read(Settings.Builder settings) {
        Checks checks = new Checks(settings.build());
        Optional<ApiRequest> request = ApiRequest.read(settings.build(), checks);
        checks.throwIfAny();
        return request;
    }

    @Test
    void thereIsNoneUnlessAskedForAndNoneWithoutAToken() {
        assertThat(read(new Settings.Builder())).isEmpty();
        assertThatThrownBy(() -> read(new Settings.Builder().put(Setting.API_PORT, "0")))
                .hasMessageContaining("--api-port needs --api-token-file");
        assertThatThrownBy(() -> read(new Settings.Builder().put(Setting.API_TOKEN_FILE, "token")))
                .hasMessageContaining("--api-token-file is for --api-port");
        assertThatThrownBy(() -> read(
                        new Settings.Builder().put(Setting.API_PORT, "65536").put(Setting.API_TOKEN_FILE, "token")))
                .hasMessageContaining("--api-port must be from 0 to 65535");
    }

    @Test
    void readsTheTokenWithoutTheEndOfItsLine() throws IOException {
        Path file = Files.writeString(directory.resolve("token"), "0123456789abcdef\n");
        ApiRequest request = read(new Settings.Builder()
                        .put(Setting.API_PORT, "8088")
                        .put(Setting.API_TOKEN_FILE, file.toString()))
                .orElseThrow();
        assertThat(request).isEqualTo(new ApiRequest(8088, file));
        assertThat(request.token().reveal()).isEqualTo("0123456789abcdef");
        assertThat(request.token()).hasToString("******");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"", "geheim-42", "geheim-42 geheim-42 geheim-42", "geheim-42geheim-42\ngeheim-42geheim-42\n"})
    void refusesATokenThatIsShortOrMoreThanALineAndDoesNotShowIt(String token) throws IOException {
        Path file = Files.writeString(directory.resolve("token"), token);
        assertThatThrownBy(() -> new ApiRequest(0, file).token())
                .isInstanceOf(UsageException.class)
                .hasMessageContaining("--api-token-file " + file + ": must hold one line")
                .hasMessageNotContaining("geheim-42");
    }

    @Test
    void namesAFileThatIsNotThere() {
        Path file = directory.resolve("none");
        assertThatThrownBy(() -> new ApiRequest(0, file).token())
                .hasMessage("--api-token-file " + file + ": there is no such file");
    }
}
