package dev.shoofly.cli.api;

import com.sun.net.httpserver.Headers;
import dev.shoofly.database.connection.Secret;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Turns away whoever does not show the token, and browsers that a foreign page sends. */
final class Guard {
    /** A page whose name was made to point here (DNS rebinding) sends its own name. */
    private static final Pattern HOST = Pattern.compile("(?i)(localhost|127\\.0\\.0\\.1|\\[::1])(:\\d{1,5})?");

    private static final Pattern BEARER = Pattern.compile("(?i)Bearer +(\\S+)");
    private final byte[] digest;

    Guard(Secret token) {
        digest = digest(token.reveal());
    }

    /** Empty: it may be answered. */
    Optional<Answer> refuse(Headers request) {
        if (one(request, "Host").filter(host -> HOST.matcher(host).matches()).isEmpty()) {
            return Optional.of(
                    Answer.error(403, "the request must be for 127.0.0.1, localhost or [::1] (header Host)"));
        }
        boolean known = one(request, "Authorization")
                .map(BEARER::matcher)
                .filter(Matcher::matches)
                // Of digests, so that the time tells neither where they differ nor how long the token is.
                .filter(shown -> MessageDigest.isEqual(digest, digest(shown.group(1))))
                .isPresent();
        return known
                ? Optional.empty()
                : Optional.of(Answer.error(
                        401,
                        "show the token of --api-token-file in the header 'Authorization: Bearer …'",
                        Map.of("WWW-Authenticate", "Bearer realm=\"shoofly\"")));
    }

    /** The only value of the header. */
    static Optional<String> one(Headers request, String name) {
        List<String> values = request.get(name);
        return values == null || values.size() != 1
                ? Optional.empty()
                : Optional.of(values.get(0).strip());
    }

    private static byte[] digest(String text) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }
}
