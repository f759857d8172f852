package dev.shoofly.database.postgres;

import dev.shoofly.database.postgres.SqlTokens.Token;
import dev.shoofly.model.ShooflyException;
import java.util.List;

/** Whole statements that somebody may take for part of a migration, and what to do instead. */
final class UnfitStatements {
    private UnfitStatements() {}

    /**
     * Those that no migration carries out.
     *
     * @throws ShooflyException REFUSED
     */
    static void refuse(String text) {
        AlterText.Cursor cursor = AlterText.Cursor.over(text);
        if (cursor.take("comment") && cursor.at("on")) {
            throw AlterText.refused(
                    text,
                    "COMMENT ON is no part of ALTER TABLE, and no reader or writer waits for its lock. Run it yourself,"
                            + " before the migration, which carries comments over, or after it");
        }
        if (isAboutIndex(text) && setsTablespace(cursor.remaining())) {
            throw AlterText.refused(
                    text,
                    "the server copies the index while nobody can read or write the table. It does so beside the"
                            + " application with REINDEX (TABLESPACE …) INDEX CONCURRENTLY …, which needs no migration:"
                            + " run it yourself");
        }
    }

    /**
     * Those that a shadow cannot take with it.
     *
     * @throws ShooflyException REFUSED
     */
    static void refuseWithShadow(String text) {
        if (isAboutIndex(text)) {
            throw AlterText.refused(
                    text,
                    "to drop, rename or set an index takes no shadow table. Do it in a migration of its own, or give --split");
        }
    }

    /** {@code DROP INDEX}, {@code ALTER INDEX} */
    private static boolean isAboutIndex(String text) {
        AlterText.Cursor cursor = AlterText.Cursor.over(text);
        boolean verb = cursor.take("alter") || cursor.take("drop");
        // DROP index: the word COLUMN may be left out, and a column may have that name.
        return verb && cursor.take("index") && !cursor.isDone() && !cursor.isAtSymbol(',');
    }

    private static boolean setsTablespace(List<Token> tokens) {
        for (int i = 1; i < tokens.size(); i++) {
            if (tokens.get(i).is("tablespace") && tokens.get(i - 1).is("set")) {
                return true;
            }
        }
        return false;
    }
}
