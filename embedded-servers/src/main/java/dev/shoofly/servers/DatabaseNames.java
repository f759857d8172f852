package dev.shoofly.servers;

import java.util.regex.Pattern;

/** Names that a database can be created with: they also become file names and SQL without quoting trouble. */
final class DatabaseNames {
    private static final Pattern ALLOWED = Pattern.compile("[a-z][a-z0-9_]{0,40}");

    private DatabaseNames() {}

    static String checked(String name) {
        if (!ALLOWED.matcher(name).matches()) {
            throw new IllegalArgumentException(
                    "database name \"" + name + "\": must match " + ALLOWED + "; create others in the running server");
        }
        return name;
    }
}
