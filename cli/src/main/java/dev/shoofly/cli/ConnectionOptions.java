package dev.shoofly.cli;

import dev.shoofly.cli.input.RunRequest;
import dev.shoofly.cli.input.Setting;
import dev.shoofly.cli.input.Settings;
import dev.shoofly.cli.input.UsageException;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Which server. All may be left out where the data directory remembers the last connection. */
final class ConnectionOptions {
    @Option(
            names = "--url",
            paramLabel = "JDBC-URL",
            description = {
                "jdbc:mysql://host:3306/database or jdbc:postgresql://host:5432/database; driver parameters may follow after '?'."
            })
    private @Nullable String url;

    @Option(names = "--user", paramLabel = "NAME", description = "The database user.")
    private @Nullable String user;

    @Option(
            names = "--password-env",
            paramLabel = "VARIABLE",
            description = "The environment variable that holds the password.")
    private @Nullable String passwordEnv;

    @Option(names = "--password-file", paramLabel = "FILE", description = "The file that holds the password.")
    private @Nullable String passwordFile;

    @Option(
            names = "--data-dir",
            paramLabel = "DIRECTORY",
            description = {
                "Where Kafka's data, logs and the last connection (never its password) are kept. Default: .shoofly"
            })
    private @Nullable String dataDir;

    void addTo(Settings.Builder settings) {
        settings.put(Setting.URL, url)
                .put(Setting.USER, user)
                .put(Setting.PASSWORD_ENV, passwordEnv)
                .put(Setting.PASSWORD_FILE, passwordFile)
                .put(Setting.DATA_DIR, dataDir);
    }

    Settings settings() {
        Settings.Builder settings = new Settings.Builder();
        addTo(settings);
        return settings.build();
    }

    static Path dataDirectory(Settings settings) {
        String text = settings.one(Setting.DATA_DIR).orElse(RunRequest.DEFAULT_DATA_DIRECTORY);
        try {
            return Path.of(text);
        } catch (InvalidPathException e) {
            throw new UsageException("--data-dir is not a path: " + e.getReason());
        }
    }
}
