package dev.shoofly.capture.event;

import dev.shoofly.model.MigrationPlan;
import dev.shoofly.model.TableName;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * Finds the migrated table in a MySQL statement. Debezium names the tables of most definitions, but not the one that an
 * index is made on, nor the old name of a renamed table.
 */
final class DdlText {
    private static final String BEHIND_NAME = "(?![\\w$`])";
    private final Pattern changesSource;
    private final Pattern renamesAmongOurs;

    DdlText(MigrationPlan plan) {
        String source = name(plan.source());
        changesSource = Pattern.compile(
                "(?is:^.*?\\b(?:TABLE|ON)\\s+(?:IF\\s+EXISTS\\s+)?)" + source + BEHIND_NAME + "(?s:.*)");
        String ours = List.of(plan.source(), plan.shadow(), plan.old()).stream()
                .map(DdlText::name)
                .collect(Collectors.joining("|", "(?:", ")"));
        renamesAmongOurs =
                Pattern.compile("(?i:\\s*RENAME\\s+TABLES?\\s+)" + ours + "(?i:\\s+TO\\s+)" + ours + "\\s*;?\\s*");
    }

    /** Bare or in backquotes, with or without its schema. */
    private static String name(TableName table) {
        return "(?:" + identifier(table.schema()) + "\\s*\\.\\s*)?" + identifier(table.table());
    }

    private static String identifier(String name) {
        return "(?:" + Pattern.quote("`" + name.replace("`", "``") + "`") + "|" + Pattern.quote(name) + ")";
    }

    boolean changesSource(String statement) {
        return changesSource.matcher(statement).matches();
    }

    /** One step of the swap, forward or back. */
    boolean renamesAmongOurs(String statement) {
        return renamesAmongOurs.matcher(statement).matches();
    }
}
