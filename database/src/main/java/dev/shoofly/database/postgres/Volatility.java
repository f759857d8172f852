package dev.shoofly.database.postgres;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;

/**
 * Whether an expression gives the same value whenever it is asked for the same row: at the copy, at each reconcile, in the
 * comparison and under the cut-over's lock. Of the functions that the server calls STABLE, only those count that depend on
 * settings which our sessions pin, such as the date style.
 */
final class Volatility {
    private static final String STEADY =
            "{concat,concat_ws,format,textanycat,anytextcat,to_char,to_date,to_number,array_to_string,array_to_json,"
                    + "to_json,to_jsonb,row_to_json,json_build_array,json_build_object,jsonb_build_array,"
                    + "jsonb_build_object,quote_literal,quote_nullable}";

    private Volatility() {}

    /** @param volatility {@code s} or {@code v} */
    private record Called(String function, String volatility, boolean steady, boolean zoned) {
        Optional<String> objection() {
            if (volatility.equals("v")) {
                return Optional.of(
                        function + " is VOLATILE: it can give another value each time. It must depend on nothing but"
                                + " the row");
            }
            if (zoned) {
                return Optional.of(function + " depends on the time zone of the session that runs it. Say which zone is"
                        + " meant, with AT TIME ZONE");
            }
            return steady
                    ? Optional.empty()
                    : Optional.of(
                            function + " is STABLE: it may depend on the time, on settings or on other tables. If it"
                                    + " depends on its arguments alone, call it through a function declared IMMUTABLE");
        }
    }

    /**
     * @param tree the parsed expression as the catalog keeps it: literals are numbers there, so nobody's text can look like
     *     a part of it
     */
    static Optional<String> objection(Connection connection, String tree) throws SQLException {
        List<Called> called = PostgresCatalog.query(
                connection,
                """
                WITH used (oid) AS (
                  SELECT m[1]::oid FROM regexp_matches(?, ':funcid (\\d+)', 'g') m
                  UNION SELECT o.oprcode::oid FROM regexp_matches(?, ':opno (\\d+)', 'g') m
                  JOIN pg_operator o ON o.oid = m[1]::oid)
                SELECT p.oid::regprocedure::text, p.provolatile::text,
                       p.pronamespace = 'pg_catalog'::regnamespace AND p.proname = ANY (?::name[]),
                       p.pronargs > 0 AND EXISTS (
                         SELECT 1 FROM unnest(p.proargtypes::oid[] || p.prorettype) t
                         WHERE t IN ('timestamptz'::regtype, 'timetz'::regtype))
                FROM used JOIN pg_proc p USING (oid) WHERE p.provolatile <> 'i'
                ORDER BY p.provolatile DESC, 1
                """,
                row -> new Called(row.getString(1), row.getString(2), row.getBoolean(3), row.getBoolean(4)),
                tree,
                tree,
                STEADY);
        return called.stream().map(Called::objection).flatMap(Optional::stream).findFirst();
    }
}
