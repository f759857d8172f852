package dev.shoofly.database.mysql;

import dev.shoofly.model.ErrorKind;
import dev.shoofly.model.ShooflyException;
import dev.shoofly.model.TableName;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The operator's texts as one statement of the server, to which an algorithm and a lock can be added.
 *
 * @param clauses of ALTER TABLE; empty: it is a CREATE INDEX
 * @param createIndex null: it is an ALTER TABLE
 * @param newName that the table is to have; null: its own
 */
record NativeText(
        List<String> clauses,
        @Nullable String createIndex,
        @Nullable TableName newName) {
    NativeText {
        clauses = List.copyOf(clauses);
    }

    /** What the server is told about the way. */
    enum Way {
        INSTANT("ALGORITHM=INSTANT", "ALGORITHM=INSTANT"),
        IN_PLACE("ALGORITHM=INPLACE, LOCK=NONE", "ALGORITHM=INPLACE LOCK=NONE"),
        ANY("", "");

        private final String first;
        private final String last;

        Way(String first, String last) {
            this.first = first;
            this.last = last;
        }
    }

    /**
     * @return empty when these texts cannot be one statement, or the grammar does not understand one
     * @throws ShooflyException REFUSED: a text names its own algorithm or lock, or renames the table among other things
     */
    static Optional<NativeText> of(List<String> texts, TableName source) {
        for (String text : texts) {
            if (AlterText.namesItsWay(text, source)) {
                throw refused(
                        text, "it says ALGORITHM or LOCK, which is decided here. Leave it out and use --strategy");
            }
        }
        if (texts.size() == 1 && AlterText.isCreate(texts.get(0))) {
            return AlterText.parse(texts.get(0), source, source)
                    .map(index -> new NativeText(List.of(), index.statement(), null));
        }
        if (texts.stream().anyMatch(AlterText::isCreate)) {
            return Optional.empty();
        }
        for (String text : texts) {
            Optional<TableName> renamed = AlterText.renamed(text, source);
            if (renamed.isPresent() && texts.size() == 1) {
                return Optional.of(new NativeText(texts, null, renamed.get()));
            }
            if (renamed.isPresent()) {
                throw refused(text, "it renames the table. Rename it in a migration of its own");
            }
            if (AlterText.parse(text, source, source).isEmpty()) {
                return Optional.empty();
            }
        }
        return Optional.of(new NativeText(texts, null, null));
    }

    boolean isRename() {
        return newName != null;
    }

    /** @param names of checks, by those that the source has */
    NativeText withChecks(TableName source, Map<String, String> names) {
        return new NativeText(
                clauses.stream()
                        .map(clause -> AlterText.withChecks(clause, source, names))
                        .toList(),
                createIndex,
                newName);
    }

    String on(TableName table, TableName source, Way way) {
        if (createIndex != null) {
            String statement = table.equals(source)
                    ? createIndex
                    : AlterText.parse(createIndex, source, table).orElseThrow().statement();
            // On a line of its own: a comment may end the text.
            return way.last.isEmpty() ? statement : bare(statement) + "\n" + way.last;
        }
        String all = clauses.stream().map(NativeText::bare).collect(Collectors.joining("\n, "));
        return "ALTER TABLE " + MySqlNames.quote(table) + " " + (way.first.isEmpty() ? "" : way.first + ", ") + all;
    }

    private static String bare(String text) {
        return text.strip().replaceFirst(";\\s*$", "");
    }

    private static ShooflyException refused(String text, String why) {
        return new ShooflyException(
                ErrorKind.REFUSED, "cannot carry out '" + text.strip() + "': " + why + ". Nothing was changed.");
    }
}
