package dev.shoofly.cli.logging;

import dev.shoofly.database.connection.Secret;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * The last line of defence: takes every secret that this process knows out of texts that leave it, whoever wrote them.
 * Thread-safe.
 */
public final class SecretMask {
    /** Shorter ones occur in ordinary words, and masking those would tell more than it hides. */
    private static final int SHORTEST = 3;

    private final List<String> secrets = new CopyOnWriteArrayList<>();

    public void add(Secret secret) {
        if (secret.reveal().length() >= SHORTEST) {
            secrets.add(secret.reveal());
        }
    }

    public String apply(String text) {
        String masked = text;
        for (String secret : secrets) {
            masked = masked.replace(secret, "******");
        }
        return masked;
    }
}
