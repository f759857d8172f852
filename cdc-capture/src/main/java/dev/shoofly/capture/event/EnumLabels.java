package dev.shoofly.capture.event;

import java.util.ArrayList;
import java.util.List;

/**
 * The labels of a MySQL ENUM, whose values stand in the log as numbers from 1. Read from the declared type of the
 * migration's plan: Debezium's own list spells labels with commas and backslashes differently from the server.
 */
final class EnumLabels {
    private final List<String> labels;

    private EnumLabels(List<String> labels) {
        this.labels = labels;
    }

    /**
     * The labels of a column before and after the migration: one list, because the log does not tell which side a number
     * comes from.
     *
     * @param sourceType as information_schema spells it: {@code enum('a','it''s')}
     * @throws IllegalArgumentException when a number means one label in the source and another in the shadow
     */
    static EnumLabels of(String sourceType, String shadowType) {
        List<String> source = labels(sourceType);
        List<String> shadow = labels(shadowType);
        int shared = Math.min(source.size(), shadow.size());
        if (!source.subList(0, shared).equals(shadow.subList(0, shared))) {
            throw new IllegalArgumentException("the labels are reordered");
        }
        return new EnumLabels(source.size() > shadow.size() ? source : shadow);
    }

    private static List<String> labels(String type) {
        List<String> labels = new ArrayList<>();
        int at = type.indexOf('\'');
        while (at >= 0) {
            StringBuilder label = new StringBuilder();
            at = readLabel(type, at + 1, label);
            labels.add(label.toString());
            at = type.indexOf('\'', at);
        }
        return labels;
    }

    /** @return the position behind the closing quote */
    private static int readLabel(String type, int start, StringBuilder label) {
        int at = start;
        while (at < type.length()) {
            char c = type.charAt(at);
            boolean pair = at + 1 < type.length() && type.charAt(at + 1) == '\'';
            if (c == '\'' && !pair) {
                return at + 1;
            }
            if (c == '\'') {
                at++;
            } else if (c == '\\' && at + 1 < type.length()) {
                at++;
                c = unescaped(type.charAt(at));
            }
            label.append(c);
            at++;
        }
        return at;
    }

    private static char unescaped(char escaped) {
        return switch (escaped) {
            case '0' -> '\0';
            case 'n' -> '\n';
            case 'r' -> '\r';
            default -> escaped;
        };
    }

    /**
     * @param number 0 stands for the empty text that an invalid value became
     * @throws IllegalArgumentException when the type has no such label
     */
    String label(int number) {
        if (number == 0) {
            return "";
        }
        if (number < 0 || number > labels.size()) {
            throw new IllegalArgumentException("no label " + number + " among " + labels.size());
        }
        return labels.get(number - 1);
    }
}
