package dev.shoofly.capture.event;

import dev.shoofly.model.MigrationPlan;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Finds the migrated table in a MySQL statement that changes a definition. Debezium names the tables of most, but not the
 * one that an index is made on, nor the old name of a renamed table. Statements that change nothing about the table, or
 * what a renamed table gets by its name (GRANT), are not found; what hangs on the table from elsewhere, as a foreign key of
 * another table, is found by the dialect.
 */
final class DdlText {
    /** What may come before the name; the comparison does not look at case. */
    private static final List<String> CHANGES = List.of(
            "(?:ALTER|CREATE)\\s+TABLE\\s+",
            // Of several tables any may be ours.
            "(?:DROP|RENAME)\\s+TABLES?\\s.*?",
            "TRUNCATE\\s+(?:TABLE\\s+)?",
            "(?:CREATE|DROP)\\s+(?:(?:UNIQUE|FULLTEXT|SPATIAL|ONLINE|OFFLINE)\\s+)*INDEX\\s.*?\\bON\\s+",
            "ALTER\\s+TABLE\\s.*?\\bWITH\\s+TABLE\\s+");

    private static final Pattern TRUNCATES = Pattern.compile("(?is)TRUNCATE\\b.*");

    private final Pattern changes;
    private final Pattern changesQualified;
    private final Pattern renamesAmongOurs;
    private final Pattern changesForeignKeys;

    DdlText(MigrationPlan plan) {
        changesForeignKeys = foreignKeysOf(SqlNames.qualified(plan.source()));
        changes = changesOf(SqlNames.any(plan.source()));
        changesQualified = changesOf(SqlNames.qualified(plan.source()));
        // Whatever the swaps call them: the log may still tell of earlier ones than this plan's.
        String swapped = "_" + plan.id() + "_(?:new|old|undone)\\d*";
        String ours = Stream.concat(
                        List.of(plan.source(), plan.shadow(), plan.old()).stream()
                                .map(SqlNames::any),
                        Stream.of("(?:`(?:[^`]|``)+`\\.|[\\w$]+\\.)?(?:`_(?:[^`]|``)*" + swapped + "`|_[\\w$]*"
                                + swapped + ")"))
                .collect(Collectors.joining("|", "(?:", ")"));
        String step = ours + "(?i:\\s+TO\\s+)" + ours + "\\s*";
        renamesAmongOurs = Pattern.compile("(?i:\\s*RENAME\\s+TABLES?\\s+)" + step + "(?:,\\s*" + step + ")*;?\\s*");
    }

    private static Pattern foreignKeysOf(String table) {
        String name = "`(?:[^`]|``)+`";
        String names = "\\(" + name + "(?:, " + name + ")*\\)";
        String rule = "(?: ON (?:DELETE|UPDATE) (?:RESTRICT|CASCADE|SET NULL|SET DEFAULT))*";
        String clause = "(?:DROP FOREIGN KEY " + name + "|ADD CONSTRAINT " + name + " FOREIGN KEY " + names
                + " REFERENCES " + name + "\\." + name + " " + names + rule + ")";
        return Pattern.compile(
                "ALTER TABLE " + table + " " + clause + "(?:, " + clause + ")*, ALGORITHM=INPLACE;?\\s*");
    }

    private static Pattern changesOf(String name) {
        return Pattern.compile(CHANGES.stream()
                .map(before -> "(?is:" + before + ")" + name + "(?s:.*)")
                .collect(Collectors.joining("|")));
    }

    /** The statement was run with the source's schema as default. */
    boolean changesSource(String statement) {
        return changes.matcher(SqlNames.withoutLeadingComments(statement)).matches();
    }

    /** The statement was run with another default schema. */
    boolean changesQualifiedSource(String statement) {
        return changesQualified
                .matcher(SqlNames.withoutLeadingComments(statement))
                .matches();
    }

    /**
     * Whether it does nothing but add and drop foreign keys of the source, in the words in which the swap does so. That
     * somebody else does it, is found by the dialect.
     */
    boolean changesForeignKeys(String statement) {
        return changesForeignKeys
                .matcher(SqlNames.withoutLeadingComments(statement))
                .matches();
    }

    /** Of a statement that changes the source. */
    boolean truncates(String statement) {
        return TRUNCATES.matcher(SqlNames.withoutLeadingComments(statement)).matches();
    }

    /** The swap, forward or back: the whole statement as the log has it, or one step as Debezium takes it apart. */
    boolean renamesAmongOurs(String statement) {
        return renamesAmongOurs.matcher(statement).matches();
    }
}
