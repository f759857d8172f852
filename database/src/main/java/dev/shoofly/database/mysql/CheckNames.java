package dev.shoofly.database.mysql;

import dev.shoofly.database.connection.SqlErrors;
import dev.shoofly.model.ErrorKind;
import dev.shoofly.model.ShooflyException;
import dev.shoofly.model.TableName;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A table's checks and what they are called. Their names are unique in a schema, and no statement renames one or adds one that is
 * enforced without a look at every row under a lock. What a RENAME does: a name that the server made of the table's
 * ({@code t_chk_1}) follows the table's; any other stays, and must be free in the schema that the table comes to.
 *
 * @param clauses by name, in the order of the definition: {@code CHECK (…)}
 */
record CheckNames(TableName table, Map<String, String> clauses) {
    private static final Logger LOG = LoggerFactory.getLogger(CheckNames.class);
    /** A line of SHOW CREATE TABLE, in which no text holds a line's end. */
    private static final Pattern LINE = Pattern.compile("  CONSTRAINT (`(?:[^`]|``)+`) (CHECK .*?),?");

    private static final Pattern NUMBER = Pattern.compile("[0-9]+");
    private static final String MADE = "_chk_";
    /** SHOW CREATE TABLE hands out the bytes of such a literal as if they were UTF-8. */
    private static final Pattern OF_ANOTHER_CHARSET = Pattern.compile("_(?!utf8)[a-z0-9_]+'");

    static CheckNames of(Connection connection, TableName table) throws SQLException {
        Map<String, String> clauses = new LinkedHashMap<>();
        SourceDefinition.of(connection, table).lines().forEach(line -> {
            Matcher check = LINE.matcher(line);
            if (check.matches()) {
                clauses.put(MySqlNames.unquote(check.group(1)), check.group(2));
            }
        });
        return new CheckNames(table, clauses);
    }

    /** Those that a RENAME leaves as they are. */
    List<String> ofTheirOwn() {
        return clauses.keySet().stream().filter(name -> number(name).isEmpty()).toList();
    }

    /** Of a name that the server made, what stands behind the table's name; empty: it is none. */
    private String number(String name) {
        String stem = table.table() + MADE;
        boolean made = name.length() > stem.length()
                && name.substring(0, stem.length()).equalsIgnoreCase(stem)
                && NUMBER.matcher(name.substring(stem.length())).matches();
        return made ? name.substring(stem.length()) : "";
    }

    /**
     * What they are called on another table, so that they are called as here when that has this one's name.
     *
     * @param kept whether names of their own can be kept there; otherwise they get such as the server makes
     */
    private Map<String, String> on(TableName other, boolean kept) {
        Set<String> numbers = new TreeSet<>();
        clauses.keySet().stream().map(this::number).forEach(numbers::add);
        Map<String, String> names = new HashMap<>();
        int next = 1;
        for (String name : clauses.keySet()) {
            String number = number(name);
            if (number.isEmpty() && kept) {
                names.put(name, name);
                continue;
            }
            while (number.isEmpty()) {
                number = numbers.add(String.valueOf(next)) ? String.valueOf(next) : "";
                next++;
            }
            names.put(name, other.table() + MADE + number);
        }
        return names;
    }

    /**
     * Names the checks of an empty copy (CREATE TABLE … LIKE numbers them anew).
     *
     * @param kept as in {@link #on}
     * @return the copy's names by those of here, in lower case; empty: it could not be done, and nothing was
     */
    Map<String, String> giveTo(Connection connection, TableName copy, boolean kept) throws SQLException {
        if (clauses.isEmpty() || !unreadable().isEmpty()) {
            return Map.of();
        }
        Map<String, String> names = on(copy, kept);
        List<String> changes = new ArrayList<>();
        of(connection, copy).clauses().keySet().forEach(name -> changes.add("DROP CHECK " + MySqlNames.quote(name)));
        clauses.forEach((name, clause) ->
                changes.add("ADD CONSTRAINT " + MySqlNames.quote(names.getOrDefault(name, name)) + " " + clause));
        try {
            Series.oneByOne(
                    connection, List.of("ALTER TABLE " + MySqlNames.quote(copy) + " " + String.join(", ", changes)));
        } catch (SQLException e) {
            if (SqlErrors.isTransient(e)) {
                throw e;
            }
            LOG.warn(
                    "the checks of {} will be named by the server, which does not take its own text of them: {}",
                    table,
                    SqlErrors.serverSaid(e));
            return Map.of();
        }
        return names.entrySet().stream()
                .collect(Collectors.toMap(name -> name.getKey().toLowerCase(Locale.ROOT), Map.Entry::getValue));
    }

    /** Those whose text cannot be sent again as the server shows it. */
    List<String> unreadable() {
        return clauses.entrySet().stream()
                .filter(check -> check.getValue().chars().anyMatch(c -> c > 127)
                        && OF_ANOTHER_CHARSET.matcher(check.getValue()).find())
                .map(Map.Entry::getKey)
                .toList();
    }

    /** Whether these are the same checks as those, under the names that {@link #giveTo} has returned. */
    boolean areAs(CheckNames those, Map<String, String> names) {
        Map<String, String> renamed = new HashMap<>();
        those.clauses().forEach((name, clause) -> renamed.put(names.get(name.toLowerCase(Locale.ROOT)), clause));
        return clauses.equals(renamed);
    }

    /**
     * Of the source.
     *
     * @throws ShooflyException REFUSED when the RENAME to the old table's name would fail, at the very end
     */
    void requireRoomOn(TableName old) {
        for (String name : clauses.keySet()) {
            String number = number(name);
            String after = old.table() + MADE + number;
            if (!number.isEmpty() && after.codePointCount(0, after.length()) > MySqlNames.LIMIT) {
                throw new ShooflyException(
                        ErrorKind.REFUSED,
                        "cannot migrate " + table + ": when it is moved aside, the server calls its check " + name + " "
                                + after + ", which is longer than " + MySqlNames.LIMIT + " characters. Nothing was"
                                + " changed. Drop the check first and add it again with a smaller number.");
            }
        }
    }

    /**
     * Of the altered shadow.
     *
     * @throws ShooflyException REFUSED for what would make the RENAME fail, at the very end
     */
    void requireNamesAs(Connection connection, TableName source) throws SQLException {
        for (String name : clauses.keySet()) {
            String number = number(name);
            String after = number.isEmpty() ? name : source.table() + MADE + number;
            int room = MySqlNames.LIMIT - (MADE + number).length();
            if (after.codePointCount(0, after.length()) > MySqlNames.LIMIT) {
                throw new ShooflyException(
                        ErrorKind.REFUSED,
                        "cannot migrate " + source
                                + ": it has CHECK constraints, which the server names after the table when it"
                                + " takes another's place, and that would be longer than " + MySqlNames.LIMIT
                                + " characters. Nothing was changed. Drop the checks first and add them again afterwards,"
                                + " or give the table a name of at most " + room + " characters.");
            }
            if (isTaken(connection, source, after)) {
                throw new ShooflyException(
                        ErrorKind.REFUSED,
                        "cannot migrate " + source + ": another table of " + source.schema() + " has a check " + after
                                + " already. Nothing was changed. Choose another name.");
            }
        }
    }

    /** By a third table; those of the source leave the schema with it, or are renamed with it. */
    private boolean isTaken(Connection connection, TableName source, String name) throws SQLException {
        return SqlText.of(
                        "SELECT 1 FROM information_schema.table_constraints WHERE constraint_schema = ?"
                                + " AND constraint_name = ? AND constraint_type = 'CHECK' AND table_name NOT IN (?, ?)",
                        source.schema(),
                        name,
                        source.table(),
                        table.table())
                .findsRow(connection);
    }
}
