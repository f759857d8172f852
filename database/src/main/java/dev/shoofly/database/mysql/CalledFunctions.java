package dev.shoofly.database.mysql;

import dev.shoofly.database.connection.SqlErrors;
import io.debezium.ddl.parser.mysql.generated.MySqlLexer;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.antlr.v4.runtime.Token;

/**
 * The functions that a statement calls, by every word before a parenthesis.
 *
 * @param objection why it must not be run
 * @param loose why it may answer in more than one way
 */
record CalledFunctions(Optional<String> objection, Optional<String> loose) {
    /** Side effects that READ ONLY does not stop, and values that are others each time. */
    private static final Set<String> REFUSED = Set.of(
            "get_lock",
            "release_lock",
            "release_all_locks",
            "is_free_lock",
            "is_used_lock",
            "sleep",
            "benchmark",
            "master_pos_wait",
            "source_pos_wait",
            "wait_for_executed_gtid_set",
            "wait_until_sql_thread_after_gtids",
            "load_file",
            "last_insert_id",
            "row_count",
            "found_rows",
            "rand",
            "random_bytes",
            "uuid",
            "uuid_short",
            "sysdate",
            "connection_id",
            "ps_current_thread_id",
            "ps_thread_id");

    static CalledFunctions of(Connection connection, List<Token> tokens) throws SQLException {
        Set<String> called = new TreeSet<>();
        for (int i = 0; i + 1 < tokens.size(); i++) {
            String name = MySqlNames.unquote(tokens.get(i).getText());
            if (tokens.get(i + 1).getType() == MySqlLexer.OPEN_PAR_SYMBOL
                    && !name.isEmpty()
                    && (Character.isLetter(name.charAt(0)) || name.charAt(0) == '_')) {
                called.add(name.toLowerCase(Locale.ROOT));
            }
        }
        for (String name : called) {
            if (REFUSED.contains(name)) {
                return refused(name.toUpperCase(Locale.ROOT)
                        + " does more than read the table, or gives another value each time");
            }
        }
        return called.isEmpty() ? new CalledFunctions(Optional.empty(), Optional.empty()) : stored(connection, called);
    }

    /** Names that look like calls and are none (IN, VALUES) are no functions of these either. */
    private static CalledFunctions stored(Connection connection, Set<String> called) throws SQLException {
        String marks = called.stream().map(name -> "?").collect(Collectors.joining(", "));
        try {
            List<String> loaded = SqlText.of(
                            "SELECT UDF_NAME FROM performance_schema.user_defined_functions WHERE LOWER(UDF_NAME) IN ("
                                    + marks + ") LIMIT 1",
                            called.toArray())
                    .list(connection, row -> row.getString(1));
            if (!loaded.isEmpty()) {
                return refused(loaded.get(0) + " is a loaded function, of which the server cannot tell what it does");
            }
        } catch (SQLException e) {
            if (SqlErrors.isTransient(e)) {
                throw e;
            }
            return refused("which functions were loaded into the server cannot be asked: " + SqlErrors.serverSaid(e)
                    + "; grant SELECT on performance_schema.user_defined_functions");
        }
        List<String[]> routines = SqlText.of(
                        "SELECT ROUTINE_NAME, SQL_DATA_ACCESS, IS_DETERMINISTIC FROM information_schema.ROUTINES"
                                + " WHERE ROUTINE_TYPE = 'FUNCTION' AND LOWER(ROUTINE_NAME) IN (" + marks + ")",
                        called.toArray())
                .list(connection, row -> new String[] {row.getString(1), row.getString(2), row.getString(3)});
        for (String[] routine : routines) {
            if (!routine[1].equals("READS SQL DATA") && !routine[1].equals("NO SQL")) {
                return refused(
                        "function " + routine[0] + " is declared " + routine[1] + ", not READS SQL DATA or NO SQL");
            }
        }
        Optional<String> loose = routines.stream()
                .filter(routine -> !routine[2].equals("YES"))
                .findFirst()
                .map(routine -> "function " + routine[0] + " is not declared DETERMINISTIC");
        return new CalledFunctions(Optional.empty(), loose);
    }

    private static CalledFunctions refused(String why) {
        return new CalledFunctions(Optional.of(why), Optional.empty());
    }
}
