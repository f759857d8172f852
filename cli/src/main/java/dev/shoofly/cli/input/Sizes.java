package dev.shoofly.cli.input;

import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Sizes as people type them, in the servers' units: {@code 500MB}, {@code 20GB}; a GB is 1024 MB. */
final class Sizes {
    static final String FORM = "a number with its unit, such as 500MB or 20GB";

    private static final Pattern PATTERN = Pattern.compile("(\\d{1,6})\\s*(KB|MB|GB|TB)");

    private Sizes() {}

    /** @throws IllegalArgumentException when the text is none */
    static long parse(String text) {
        Matcher matcher = PATTERN.matcher(text.strip().toUpperCase(Locale.ROOT));
        if (!matcher.matches()) {
            throw new IllegalArgumentException("must be " + FORM);
        }
        long number = Long.parseLong(matcher.group(1));
        return switch (matcher.group(2)) {
            case "KB" -> number << 10;
            case "MB" -> number << 20;
            case "GB" -> number << 30;
            default -> number << 40;
        };
    }
}
