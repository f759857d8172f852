package dev.shoofly.cli.input;

import dev.shoofly.database.connection.Secret;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * The HTTP API of a process that runs a migration.
 *
 * @param port on loopback; 0 takes a free one
 * @param tokenFile holds what every client must show
 */
public record ApiRequest(int port, Path tokenFile) {
    /** What a header can carry as it is, and nobody guesses. */
    private static final Pattern TOKEN = Pattern.compile("[A-Za-z0-9._~+/-]{16,512}=*");

    static Optional<ApiRequest> read(Settings settings, Checks checks) {
        boolean open = settings.has(Setting.API_PORT);
        if (open != settings.has(Setting.API_TOKEN_FILE)) {
            checks.problem(
                    open
                            ? "--api-port needs --api-token-file: a file with the token that every client must show"
                            : "--api-token-file is for --api-port, which is missing");
            return Optional.empty();
        }
        return open
                ? Optional.of(new ApiRequest(
                        checks.whole(Setting.API_PORT, 0, 0, 65_535), checks.path(Setting.API_TOKEN_FILE, "")))
                : Optional.empty();
    }

    /** @throws UsageException naming the file, never its content */
    public Secret token() {
        String text;
        try {
            text = Files.readString(tokenFile).replaceFirst("\\r?\\n\\z", "");
        } catch (NoSuchFileException e) {
            throw new UsageException("--api-token-file " + tokenFile + ": there is no such file");
        } catch (IOException e) {
            throw new UsageException("--api-token-file " + tokenFile + ": cannot be read: " + e);
        }
        if (!TOKEN.matcher(text).matches()) {
            throw new UsageException(
                    "--api-token-file " + tokenFile + ": must hold one line of 16 to 512 letters, digits"
                            + " or -._~+/, such as 'openssl rand -hex 32' prints");
        }
        return new Secret(text);
    }
}
