package dev.shoofly.database.mysql;

import dev.shoofly.model.Transform;
import java.util.Locale;
import java.util.Set;

/**
 * Looks over an expression as the server's lexer does in our sessions: it must stay where it is put in a statement, so it
 * closes no parenthesis that it did not open, and holds no comment, semicolon or comma of its own.
 */
final class ExpressionText {
    /** What the server admits to generated columns all the same, though it is no value of the row. */
    private static final Set<String> UNSTEADY =
            Set.of("random_bytes", "ps_current_thread_id", "ps_thread_id", "wait_for_executed_gtid_set");

    private final Transform transform;
    private final String text;
    private int at;
    private int depth;

    private ExpressionText(Transform transform) {
        this.transform = transform;
        this.text = transform.expression();
    }

    static void requireOneExpression(Transform transform) {
        if (transform.expression().isBlank()) {
            throw transform.refused("the expression is empty");
        }
        new ExpressionText(transform).scan();
    }

    private void scan() {
        while (at < text.length()) {
            char c = text.charAt(at);
            if (c == '\'' || c == '"' || c == '`') {
                skipQuoted(c);
                continue;
            }
            if (Character.isLetter(c)) {
                skipWord();
                continue;
            }
            if (c == '#' || text.startsWith("/*", at) || isDashComment()) {
                throw transform.refused("it holds a comment");
            }
            depth += c == '(' ? 1 : c == ')' ? -1 : 0;
            if (depth < 0 || c == ';' || (c == ',' && depth == 0)) {
                throw transform.refused("'" + text + "' is more than one expression");
            }
            at++;
        }
        if (depth > 0) {
            throw transform.refused("a parenthesis is not closed");
        }
    }

    private void skipWord() {
        int start = at;
        while (at < text.length()
                && (Character.isLetterOrDigit(text.charAt(at)) || "_$".indexOf(text.charAt(at)) >= 0)) {
            at++;
        }
        String word = text.substring(start, at);
        boolean called = text.substring(at).stripLeading().startsWith("(");
        if (called && UNSTEADY.contains(word.toLowerCase(Locale.ROOT))) {
            throw transform.refused(word + " can give another value each time; it must depend on nothing but the row");
        }
    }

    /** Two dashes begin one only before a blank, a control character or the end. */
    private boolean isDashComment() {
        return text.startsWith("--", at) && (at + 2 == text.length() || text.charAt(at + 2) <= ' ');
    }

    private void skipQuoted(char quote) {
        for (at++; at < text.length(); at++) {
            char c = text.charAt(at);
            if (c == '\\' && quote != '`') {
                at++;
            } else if (c == quote) {
                // A doubled one begins another quoted part at once, which comes to the same.
                at++;
                return;
            }
        }
        throw transform.refused("a quote is not closed");
    }
}
