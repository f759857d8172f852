package dev.shoofly.cli.input;

import dev.shoofly.database.connection.Secret;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Map;

/** Where a password comes from. Only this is ever remembered, never what comes from there. */
public sealed interface PasswordSource {

    /** @throws UsageException naming the variable or file, never its content */
    Secret read(Map<String, String> environment);

    /** An environment variable. */
    record Variable(String name) implements PasswordSource {
        @Override
        public Secret read(Map<String, String> environment) {
            String value = environment.get(name);
            if (value == null) {
                throw new UsageException("--password-env " + name + ": this environment variable is not set");
            }
            return new Secret(value);
        }
    }

    /** A file that holds the password and perhaps one line end. */
    record TextFile(Path path) implements PasswordSource {
        @Override
        public Secret read(Map<String, String> environment) {
            try {
                return new Secret(Files.readString(path).replaceFirst("\\r?\\n\\z", ""));
            } catch (NoSuchFileException e) {
                throw new UsageException("--password-file " + path + ": there is no such file");
            } catch (IOException e) {
                throw new UsageException("--password-file " + path + ": cannot be read: " + e);
            }
        }
    }

    /** The server asks for none. */
    record None() implements PasswordSource {
        @Override
        public Secret read(Map<String, String> environment) {
            return new Secret("");
        }
    }
}
