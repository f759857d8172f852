package dev.shoofly.database.mysql;

import dev.shoofly.model.MigrationId;
import dev.shoofly.model.MigrationPlan;
import dev.shoofly.model.ShadowNames;
import dev.shoofly.model.TableName;
import java.util.List;
import java.util.stream.Collectors;

/** The one place where identifiers are quoted. */
final class MySqlNames {
    /** Longest identifier, in characters. */
    static final int LIMIT = 64;
    /** What the server appends to a table's name to name its checks. */
    private static final int ROOM_FOR_CHECKS = "_chk_9999".length();

    private MySqlNames() {}

    /** Of the shadow and the old table: short enough for their checks to be named after them. */
    static ShadowNames besides(TableName source, MigrationId id) {
        return ShadowNames.of(source, id, LIMIT - ROOM_FOR_CHECKS);
    }

    /** What the plan's new table is called when it was swapped back, in the schema of the shadow. */
    static TableName undone(MigrationPlan plan) {
        TableName besides = ShadowNames.undone(plan.source(), plan.id(), plan.round(), LIMIT - ROOM_FOR_CHECKS);
        return new TableName(plan.shadow().schema(), besides.table());
    }

    /** What the old table is called when the plan's swap was taken back and the next one is made. */
    static TableName nextOld(MigrationPlan plan) {
        TableName besides = ShadowNames.old(plan.source(), plan.id(), plan.round() + 1, LIMIT - ROOM_FOR_CHECKS);
        return new TableName(plan.old().schema(), besides.table());
    }

    static String quote(String identifier) {
        return "`" + identifier.replace("`", "``") + "`";
    }

    static String quote(TableName table) {
        return quote(table.schema()) + "." + quote(table.table());
    }

    static String list(List<String> identifiers) {
        return identifiers.stream().map(MySqlNames::quote).collect(Collectors.joining(", "));
    }

    /** {@code name} or {@code schema.name}, each part bare or in backticks, as the operator typed it. */
    static TableName parse(String typed, String defaultSchema) {
        String first = part(typed.strip());
        String rest = typed.strip().substring(first.length());
        if (rest.isEmpty()) {
            return new TableName(defaultSchema, unquote(first));
        }
        return new TableName(unquote(first), unquote(rest.substring(1)));
    }

    /** Up to the first dot that is not inside backticks. */
    private static String part(String text) {
        boolean quoted = false;
        for (int i = 0; i < text.length(); i++) {
            if (text.charAt(i) == '`') {
                quoted = !quoted;
            } else if (text.charAt(i) == '.' && !quoted) {
                return text.substring(0, i);
            }
        }
        return text;
    }

    /** The identifier behind a token of the server's grammar. */
    static String unquote(String identifier) {
        if (identifier.length() >= 2 && identifier.startsWith("`") && identifier.endsWith("`")) {
            return identifier.substring(1, identifier.length() - 1).replace("``", "`");
        }
        return identifier;
    }
}
