package dev.shoofly.capture.event;

import dev.shoofly.model.TableName;
import java.util.regex.Pattern;

/**
 * Finds the migrated table in a statement of MySQL's log that changes rows: with {@code binlog_format=ROW} there is none. An
 * INSERT or REPLACE changes the table that it names first; any other counts when it names the table anywhere outside of
 * texts and comments. A statement may change the table without its name (a trigger, a function, a view, a cascade): only
 * the verification finds those.
 */
final class DmlText {
    private static final Pattern INSERTS = Pattern.compile("(?is)(?:INSERT|REPLACE)\\b.*");
    private static final Pattern CHANGES = Pattern.compile("(?is)(?:UPDATE|DELETE|WITH|LOAD|CALL|DO|SELECT)\\b.*");
    private static final Pattern TEXTS_AND_COMMENTS =
            Pattern.compile("(?s)'(?:[^'\\\\]|\\\\.|'')*'|\"(?:[^\"\\\\]|\\\\.|\"\")*\"|/\\*(?!!).*?\\*/");
    private static final String BEFORE_TARGET =
            "(?is:(?:INSERT|REPLACE)\\s+(?:(?:LOW_PRIORITY|DELAYED|HIGH_PRIORITY|IGNORE)\\s+)*(?:INTO\\s+)?)";

    private final Names bare;
    private final Names qualified;

    private record Names(Pattern target, Pattern mention) {
        static Names of(String name) {
            return new Names(
                    Pattern.compile(BEFORE_TARGET + name + "(?s:.*)"), Pattern.compile("(?s).*?" + name + ".*"));
        }
    }

    DmlText(TableName source) {
        bare = Names.of(SqlNames.any(source));
        qualified = Names.of(SqlNames.qualified(source));
    }

    /** @param here whether the source's schema was the session's default */
    boolean changes(String statement, boolean here) {
        String text = TEXTS_AND_COMMENTS.matcher(statement).replaceAll(" ").strip();
        Names names = here ? bare : qualified;
        if (INSERTS.matcher(text).matches()) {
            return names.target().matcher(text).matches();
        }
        return CHANGES.matcher(text).matches() && names.mention().matcher(text).matches();
    }
}
