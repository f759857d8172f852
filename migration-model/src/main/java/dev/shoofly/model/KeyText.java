package dev.shoofly.model;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.Locale;

/** Brings a key value's text into the canonical form of its {@link KeyType}. */
public final class KeyText {
    private KeyText() {}

    /**
     * @param text the value as the server or the log spells it; date-times with a blank or {@code T}, in UTC where they
     *     carry {@code Z} or {@code +00}
     * @throws IllegalArgumentException when the text is no value of the type
     */
    public static String canonical(KeyType type, String text) {
        return switch (type) {
            case INTEGER -> new BigInteger(text.trim()).toString();
            case DECIMAL -> decimal(text.trim());
            case TEXT, ENUM -> text;
            case BINARY, UUID -> text.toLowerCase(Locale.ROOT);
            case BOOLEAN -> bool(text);
            case DATE -> text;
            case TIME -> withoutTrailingZeros(text);
            case DATETIME -> withoutTrailingZeros(text.replace('T', ' '));
            case TIMESTAMP_UTC -> withoutTrailingZeros(withoutUtc(text.replace('T', ' ')));
        };
    }

    private static String decimal(String text) {
        BigDecimal value = new BigDecimal(text);
        return value.signum() == 0 ? "0" : value.stripTrailingZeros().toPlainString();
    }

    private static String bool(String text) {
        return switch (text.toLowerCase(Locale.ROOT)) {
            case "t", "true", "1" -> "true";
            case "f", "false", "0" -> "false";
            default -> throw new IllegalArgumentException("not a boolean: '" + text + "'");
        };
    }

    private static String withoutUtc(String text) {
        for (String suffix : new String[] {"Z", "+00:00", "+00"}) {
            if (text.endsWith(suffix)) {
                return text.substring(0, text.length() - suffix.length());
            }
        }
        return text;
    }

    private static String withoutTrailingZeros(String text) {
        int dot = text.lastIndexOf('.');
        if (dot < 0) {
            return text;
        }
        int end = text.length();
        while (text.charAt(end - 1) == '0') {
            end--;
        }
        return text.substring(0, end == dot + 1 ? dot : end);
    }
}
