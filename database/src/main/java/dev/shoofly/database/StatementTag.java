package dev.shoofly.database;

import dev.shoofly.model.MigrationId;
import java.util.List;

/** A comment before a statement, by which the statement of a migration is found among those that a server runs. */
public final class StatementTag {
    private static final String END = " */ ";

    private StatementTag() {}

    public static String of(MigrationId id) {
        return "/* shoofly " + id + END;
    }

    public static List<String> before(List<String> statements, MigrationId id) {
        return statements.stream().map(statement -> of(id) + statement).toList();
    }

    /** The tag that a statement begins with. */
    public static String in(String statement) {
        int end = statement.indexOf(END);
        if (!statement.startsWith("/*") || end < 0) {
            throw new IllegalArgumentException("the statement has no tag: " + statement);
        }
        return statement.substring(0, end + END.length()).strip();
    }
}
