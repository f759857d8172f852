package dev.shoofly.cli.input;

import dev.shoofly.database.connection.ConnectionProfile;
import dev.shoofly.model.ShooflyException;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/** Which server, as whom, and where the password comes from. */
public record ConnectionRequest(String url, String user, PasswordSource password) {
    private static final Pattern CREDENTIALS = Pattern.compile("//[^/]*@|(?i)pass(word|phrase)?\\d?=");

    /**
     * @param remembered fills in what the settings leave open, unless they name another server
     * @throws UsageException with all problems
     */
    public static ConnectionRequest of(Settings given, Settings remembered) {
        Checks checks = new Checks(given);
        ConnectionRequest request = read(given, remembered, checks);
        checks.throwIfAny();
        return request;
    }

    static ConnectionRequest read(Settings given, Settings remembered, Checks checks) {
        boolean otherServer = given.one(Setting.URL)
                .map(url -> !remembered.one(Setting.URL).equals(Optional.of(url)))
                .orElse(false);
        boolean otherUser = given.has(Setting.USER) && !given.one(Setting.USER).equals(remembered.one(Setting.USER));
        boolean otherSource = given.has(Setting.PASSWORD_ENV) || given.has(Setting.PASSWORD_FILE);
        Settings settings = given;
        if (!otherServer) {
            Settings.Builder known = new Settings.Builder()
                    .put(Setting.URL, remembered.all(Setting.URL))
                    .put(Setting.USER, remembered.all(Setting.USER));
            // Another user has another password; and two sources of one password would contradict each other.
            if (!otherUser && !otherSource) {
                known.put(Setting.PASSWORD_ENV, remembered.all(Setting.PASSWORD_ENV))
                        .put(Setting.PASSWORD_FILE, remembered.all(Setting.PASSWORD_FILE));
            }
            settings = given.orElse(known.build());
        }
        return read(settings, checks);
    }

    private static ConnectionRequest read(Settings settings, Checks checks) {
        String url = settings.one(Setting.URL).orElse("");
        if (url.isBlank()) {
            checks.problem("--url is missing: jdbc:mysql://host:3306/database or jdbc:postgresql://host:5432/database"
                    + " (and no migration was started from this data directory, which would remember it)");
        } else if (CREDENTIALS.matcher(url).find()) {
            checks.problem("--url must not carry credentials: give --user, and --password-env or --password-file");
        } else {
            checkForm(url, checks);
        }
        String user = settings.one(Setting.USER).orElse("");
        if (user.isBlank()) {
            checks.problem("--user is missing: the database user");
        }
        return new ConnectionRequest(url, user, password(settings, checks));
    }

    private static void checkForm(String url, Checks checks) {
        try {
            new ConnectionProfile(url, "", new dev.shoofly.database.connection.Secret("")).port();
        } catch (ShooflyException e) {
            checks.problem("--url: " + e.getMessage());
        }
    }

    private static PasswordSource password(Settings settings, Checks checks) {
        Optional<String> variable = settings.one(Setting.PASSWORD_ENV);
        Optional<String> file = settings.one(Setting.PASSWORD_FILE);
        if (variable.isPresent() && file.isPresent()) {
            checks.problem("--password-env and --password-file exclude each other");
        }
        if (variable.isPresent()) {
            return new PasswordSource.Variable(variable.get());
        }
        if (file.isPresent()) {
            try {
                return new PasswordSource.TextFile(Path.of(file.get()));
            } catch (InvalidPathException e) {
                checks.problem("--password-file is not a path: " + e.getReason());
            }
        }
        return new PasswordSource.None();
    }

    /** With the password read. */
    public ConnectionProfile profile(Map<String, String> environment) {
        return new ConnectionProfile(url, user, password.read(environment));
    }
}
