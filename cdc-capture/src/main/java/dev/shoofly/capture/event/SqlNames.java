package dev.shoofly.capture.event;

import dev.shoofly.model.TableName;
import java.util.regex.Pattern;

/** Patterns for names in MySQL statements: bare or in backquotes. */
final class SqlNames {
    /** What must not stand before a name, for it would belong to it. */
    private static final String BEFORE = "(?<![\\w$`.])";

    private static final String BEHIND = "(?![\\w$`])";

    private SqlNames() {}

    /** With or without its schema. */
    static String any(TableName table) {
        return BEFORE + "(?:" + schema(table) + ")?" + identifier(table.table()) + BEHIND;
    }

    /** With its schema. */
    static String qualified(TableName table) {
        return BEFORE + schema(table) + identifier(table.table()) + BEHIND;
    }

    private static String schema(TableName table) {
        return identifier(table.schema()) + "\\s*\\.\\s*";
    }

    private static String identifier(String name) {
        return "(?:" + Pattern.quote("`" + name.replace("`", "``") + "`") + "|" + Pattern.quote(name) + ")";
    }

    /** Without what may stand before the first word. */
    static String withoutLeadingComments(String statement) {
        return statement.replaceFirst("^(?s)(?:\\s+|/\\*(?!!).*?\\*/|(?:--\\s|#)[^\\n]*\\n)+", "");
    }
}
