package dev.shoofly.model;

import java.util.random.RandomGenerator;
import java.util.regex.Pattern;

/** A short identifier of a migration: eight characters of {@code [a-z0-9]}, safe in table, slot, topic and group names. */
public record MigrationId(String value) {
    private static final Pattern FORM = Pattern.compile("[a-z0-9]{8}");
    private static final String ALPHABET = "abcdefghijkmnpqrstuvwxyz23456789";

    public MigrationId {
        if (!FORM.matcher(value).matches()) {
            throw new IllegalArgumentException("not a migration id (eight of a-z and 0-9): '" + value + "'");
        }
    }

    public static MigrationId random(RandomGenerator random) {
        StringBuilder id = new StringBuilder(8);
        for (int i = 0; i < 8; i++) {
            id.append(ALPHABET.charAt(random.nextInt(ALPHABET.length())));
        }
        return new MigrationId(id.toString());
    }

    @Override
    public String toString() {
        return value;
    }
}
