package dev.shoofly.database.postgres;

import static dev.shoofly.database.postgres.PostgresNames.quote;

import dev.shoofly.model.MigrationPlan;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * A unique or exclusion constraint of the shadow: which values of two rows collide.
 *
 * @param name of index and constraint in the shadow
 * @param parts the columns or expressions, over the shadow's unqualified columns
 * @param predicate of a partial index; null: all rows
 * @param nullsEqual NULLS NOT DISTINCT
 * @param generated select items, each after a comma, for the columns in use that are generated or added with a constant
 * @param computable whether every column in use can be told from the source; not so for added ones with a changing default
 */
record UniqueRule(
        String name,
        List<Part> parts,
        @Nullable String predicate,
        boolean nullsEqual,
        String generated,
        boolean computable) {

    /**
     * @param expression with the index's collation
     * @param operator that says "collides", qualified
     */
    record Part(String expression, String operator) {}

    /** Reads the rule behind a conflict, in a transaction; empty when the shadow has no such index (any more). */
    static Optional<UniqueRule> read(Connection connection, MigrationPlan plan, String reported) throws SQLException {
        PostgresCatalog.qualifyEverything(connection);
        String name = ofTable(connection, plan, reported);
        String sql = """
                SELECT k.n, pg_get_indexdef(i.indexrelid, k.n, false) AS part,
                       CASE WHEN i.indcollation[k.n - 1] = 0 THEN '' ELSE (
                         SELECT format(' COLLATE %I.%I', n.nspname, c.collname) FROM pg_collation c
                         JOIN pg_namespace n ON n.oid = c.collnamespace WHERE c.oid = i.indcollation[k.n - 1]) END
                         AS collation,
                       (SELECT format('OPERATOR(%I.%s)', n.nspname, o.oprname) FROM pg_operator o
                        JOIN pg_namespace n ON n.oid = o.oprnamespace
                        WHERE o.oid = coalesce(con.conexclop[k.n], (
                          SELECT a.amopopr FROM pg_opclass oc JOIN pg_amop a ON a.amopfamily = oc.opcfamily
                            AND a.amopstrategy = 3 AND a.amoplefttype = oc.opcintype AND a.amoprighttype = oc.opcintype
                          WHERE oc.oid = i.indclass[k.n - 1]))) AS operator,
                       pg_get_expr(i.indpred, i.indrelid) AS predicate,
                       coalesce((to_jsonb(i) ->> 'indnullsnotdistinct')::boolean, false) AS nulls_equal
                FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
                LEFT JOIN pg_constraint con ON con.conindid = i.indexrelid AND con.contype = 'x'
                CROSS JOIN LATERAL generate_series(1, i.indnkeyatts) AS k(n)
                WHERE i.indrelid = to_regclass(?) AND c.relname = ? ORDER BY k.n
                """;
        List<Part> parts = new ArrayList<>();
        @Nullable String[] predicate = new @Nullable String[1];
        boolean[] nullsEqual = new boolean[1];
        PostgresCatalog.query(
                connection,
                sql,
                row -> {
                    predicate[0] = row.getString("predicate");
                    nullsEqual[0] = row.getBoolean("nulls_equal");
                    return parts.add(new Part(
                            "(" + row.getString("part") + ")" + row.getString("collation"), row.getString("operator")));
                },
                quote(plan.shadow()),
                name);
        return parts.isEmpty()
                ? Optional.empty()
                : Optional.of(complete(connection, plan, name, parts, predicate[0], nullsEqual[0]));
    }

    /** The server names the index of the partition that it met; the rule is that of the whole table. */
    private static String ofTable(Connection connection, MigrationPlan plan, String reported) throws SQLException {
        String name = PostgresCatalog.text(connection, """
                WITH RECURSIVE above AS (
                  SELECT c.oid, 0 AS level FROM pg_class c WHERE c.relname = ? AND c.relkind IN ('i', 'I')
                    AND c.relnamespace = (SELECT relnamespace FROM pg_class WHERE oid = to_regclass(?))
                  UNION ALL
                  SELECT h.inhparent, above.level + 1 FROM above JOIN pg_inherits h ON h.inhrelid = above.oid)
                SELECT c.relname FROM above JOIN pg_class c ON c.oid = above.oid ORDER BY above.level DESC LIMIT 1
                """, reported, quote(plan.shadow()));
        return name == null ? reported : name;
    }

    private static UniqueRule complete(
            Connection connection,
            MigrationPlan plan,
            String name,
            List<Part> parts,
            @Nullable String predicate,
            boolean nullsEqual)
            throws SQLException {
        Set<String> used = new HashSet<>();
        for (Part part : parts) {
            addIdentifiers(part.expression(), used);
        }
        addIdentifiers(predicate == null ? "" : predicate, used);
        StringBuilder generated = new StringBuilder();
        boolean computable = true;
        for (TableFacts.Column column :
                PostgresCatalog.read(connection, plan.shadow()).columns()) {
            if (!used.contains(column.name())) {
                continue;
            }
            boolean added = plan.projection().added().contains(column.name());
            if (column.generated() || (added && isConstant(column))) {
                generated
                        .append(", (")
                        .append(column.defaultText())
                        .append(column.generated() ? ") AS " : ")::" + column.type() + " AS ")
                        .append(quote(column.name()));
                addIdentifiers(String.valueOf(column.defaultText()), column.generated() ? used : new HashSet<>());
            } else if (added) {
                computable = false;
            }
        }
        return new UniqueRule(name, List.copyOf(parts), predicate, nullsEqual, generated.toString(), computable);
    }

    /** A new column that has the same value in every row: no default, or one without a call. */
    private static boolean isConstant(TableFacts.Column column) {
        String text = String.valueOf(column.defaultText());
        return column.identity().isEmpty()
                && !text.contains("(")
                && SqlTokens.of(text).stream().noneMatch(token -> token.isIdentifier() && isClock(token.identifier()));
    }

    /** Values of the moment that are written without parentheses. */
    private static boolean isClock(String word) {
        return word.startsWith("current") || word.startsWith("local") || word.endsWith("user");
    }

    private static void addIdentifiers(String expression, Set<String> used) {
        for (SqlTokens.Token token : SqlTokens.of(expression)) {
            if (token.isIdentifier()) {
                used.add(token.identifier());
            }
        }
    }

    /** Select items {@code … AS "shoofly u0", …} over the unqualified columns of one row source. */
    String selected() {
        return IntStream.range(0, parts.size())
                .mapToObj(i -> parts.get(i).expression() + " AS " + alias(i))
                .collect(Collectors.joining(", "));
    }

    /** Whether rows collide when their values are equal; else an exclusion constraint asks for something else. */
    boolean isEquality() {
        return parts.stream().allMatch(part -> part.operator().endsWith(".=)"));
    }

    /** The columns of a {@link #selected} row, comma-separated. */
    String values(String alias) {
        return IntStream.range(0, parts.size())
                .mapToObj(i -> alias + "." + alias(i))
                .collect(Collectors.joining(", "));
    }

    /** Whether a {@link #selected} row can collide at all. */
    String comparable(String alias) {
        return nullsEqual
                ? "true"
                : IntStream.range(0, parts.size())
                        .mapToObj(i -> alias + "." + alias(i) + " IS NOT NULL")
                        .collect(Collectors.joining(" AND "));
    }

    /** The values of a {@link #selected} row as one text, a select item. */
    String shown(String alias) {
        return IntStream.range(0, parts.size())
                .mapToObj(i -> "coalesce(" + alias + "." + alias(i) + "::text, 'NULL')")
                .collect(Collectors.joining(" || ', ' || "));
    }

    private static String alias(int part) {
        return "\"shoofly u" + part + "\"";
    }

    /** Whether the {@link #selected} row {@code left} collides with the row whose columns are in scope unqualified. */
    String collidesWithScope(String left) {
        return IntStream.range(0, parts.size())
                .mapToObj(i -> equal(
                        left + "." + alias(i),
                        parts.get(i).expression(),
                        parts.get(i).operator()))
                .collect(Collectors.joining(" AND "));
    }

    /** Whether two {@link #selected} rows collide. */
    String collide(String left, String right) {
        return IntStream.range(0, parts.size())
                .mapToObj(i -> equal(
                        left + "." + alias(i),
                        right + "." + alias(i),
                        parts.get(i).operator()))
                .collect(Collectors.joining(" AND "));
    }

    private String equal(String left, String right, String operator) {
        String equal = left + " " + operator + " " + right;
        return nullsEqual ? "(" + equal + " OR (" + left + " IS NULL AND " + right + " IS NULL))" : equal;
    }

    /** Over the unqualified columns of one row source. */
    String condition() {
        return predicate == null ? "true" : "(" + predicate + ")";
    }
}
