package dev.shoofly.cli.input;

import java.io.IOException;
import java.io.Reader;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Properties;

/** The last connection of a data directory, in {@code connection.properties}; no secret is ever in it. */
public record RememberedConnection(Path dataDirectory) {
    private static final List<Setting> KEPT =
            List.of(Setting.URL, Setting.USER, Setting.PASSWORD_ENV, Setting.PASSWORD_FILE);

    private Path file() {
        return dataDirectory.resolve("connection.properties");
    }

    /** Nothing when there is none yet. */
    public Settings load() {
        Properties properties = new Properties();
        if (!Files.exists(file())) {
            return Settings.NONE;
        }
        try (Reader reader = Files.newBufferedReader(file())) {
            properties.load(reader);
        } catch (IOException | IllegalArgumentException e) {
            throw new UsageException("cannot read " + file() + ": " + e + ". Remove it, or give --url and --user.");
        }
        Settings.Builder settings = new Settings.Builder();
        KEPT.forEach(setting -> settings.put(setting, properties.getProperty(setting.key())));
        return settings.build();
    }

    /** Called after the server accepted the connection. */
    public void save(ConnectionRequest request) throws IOException {
        Properties properties = new Properties();
        properties.setProperty(Setting.URL.key(), request.url());
        properties.setProperty(Setting.USER.key(), request.user());
        if (request.password() instanceof PasswordSource.Variable variable) {
            properties.setProperty(Setting.PASSWORD_ENV.key(), variable.name());
        } else if (request.password() instanceof PasswordSource.TextFile text) {
            properties.setProperty(
                    Setting.PASSWORD_FILE.key(), text.path().toAbsolutePath().toString());
        }
        Files.createDirectories(dataDirectory);
        Path written = Files.createTempFile(dataDirectory, "connection", ".tmp");
        try (Writer writer = Files.newBufferedWriter(written)) {
            properties.store(writer, "The last connection from this directory. The password is not here.");
        }
        Files.move(written, file(), StandardCopyOption.REPLACE_EXISTING);
    }
}
