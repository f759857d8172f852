package dev.shoofly.database.mysql;

import java.util.ArrayList;
import java.util.List;

/** The labels in a declaration {@code enum('a','it''s')} or {@code set(…)}. */
final class EnumLabels {
    private EnumLabels() {}

    static List<String> of(String declared) {
        List<String> labels = new ArrayList<>();
        StringBuilder label = new StringBuilder();
        boolean inside = false;
        for (int i = declared.indexOf('(') + 1; i < declared.length(); i++) {
            char c = declared.charAt(i);
            if (!inside) {
                if (c == ')') {
                    return labels;
                }
                inside = c == '\'';
            } else if (c != '\'') {
                label.append(c);
            } else if (declared.charAt(i + 1) == '\'') {
                label.append(c);
                i++;
            } else {
                labels.add(label.toString());
                label.setLength(0);
                inside = false;
            }
        }
        throw new IllegalArgumentException("neither an ENUM nor a SET: " + declared);
    }
}
