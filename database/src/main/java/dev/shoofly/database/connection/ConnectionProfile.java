package dev.shoofly.database.connection;

import dev.shoofly.database.DatabaseKind;
import dev.shoofly.model.ErrorKind;
import dev.shoofly.model.ShooflyException;
import java.net.URI;
import java.util.Objects;
import java.util.regex.Pattern;

/**
 * How to reach the migrated server.
 *
 * @param url a JDBC URL with a database: {@code jdbc:mysql://host:3306/shop}, {@code jdbc:postgresql://host/shop};
 *     parameters after {@code ?} go to the driver unchanged
 */
public record ConnectionProfile(String url, String user, Secret password) {
    /** What every session of ours calls itself on the server; by it the throttle tells them from an application's. */
    public static final String PROGRAM = "shoofly";

    /** As a parameter, whose name the drivers take in any case, or before the host. URLs are shown and remembered. */
    private static final Pattern CARRIES_PASSWORD =
            Pattern.compile("password=|(?i:[?&]password[123]?=)|//[^/?@]*:[^/?]*@");

    /** @throws ShooflyException REFUSED when the URL is none of the two forms */
    public ConnectionProfile {
        if (CARRIES_PASSWORD.matcher(url).find()) {
            throw new ShooflyException(
                    ErrorKind.REFUSED,
                    "the JDBC URL carries a password; take it out and give it by --password-env or --password-file");
        }
        address(url);
    }

    /** The same database and parameters on another server. */
    public ConnectionProfile at(String host, int port) {
        String address = host.contains(":") ? "[" + host + "]" : host;
        return new ConnectionProfile(
                url.replaceFirst(
                        "//[^/]*/", java.util.regex.Matcher.quoteReplacement("//" + address + ":" + port + "/")),
                user,
                password);
    }

    public DatabaseKind kind() {
        return url.startsWith("jdbc:mysql:") ? DatabaseKind.MYSQL : DatabaseKind.POSTGRES;
    }

    public String host() {
        return Objects.requireNonNull(address(url).getHost());
    }

    public int port() {
        int port = address(url).getPort();
        if (port > 0) {
            return port;
        }
        return switch (kind()) {
            case MYSQL -> 3306;
            case POSTGRES -> 5432;
        };
    }

    /** The database that the URL names, never empty. */
    public String database() {
        return address(url).getPath().substring(1);
    }

    private static URI address(String url) {
        if (url.startsWith("jdbc:mysql://") || url.startsWith("jdbc:postgresql://")) {
            try {
                URI address = URI.create(url.substring("jdbc:".length()));
                if (address.getHost() != null && address.getPath().length() > 1) {
                    return address;
                }
            } catch (IllegalArgumentException e) {
                throw notUnderstood(url, e);
            }
        }
        throw notUnderstood(url, null);
    }

    private static ShooflyException notUnderstood(String url, @org.jspecify.annotations.Nullable Throwable cause) {
        return new ShooflyException(
                ErrorKind.REFUSED,
                "cannot use the URL '" + url.replaceAll("\\?.*", "?…")
                        + "': expected jdbc:mysql://host:port/database or jdbc:postgresql://host:port/database",
                cause);
    }
}
