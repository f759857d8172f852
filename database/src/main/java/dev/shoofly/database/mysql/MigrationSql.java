package dev.shoofly.database.mysql;

import dev.shoofly.model.ColumnMapping;
import dev.shoofly.model.KeyRange;
import dev.shoofly.model.MigrationPlan;
import dev.shoofly.model.RowKey;
import java.util.List;
import java.util.stream.Collectors;

/**
 * The fragments of one migration's statements.
 *
 * @param source quoted name, likewise {@code shadow}
 * @param columns the shadow's projected columns, comma-separated, in the order of {@code projection}
 * @param projection expressions over the source
 */
record MigrationSql(
        MigrationPlan plan,
        String source,
        String shadow,
        KeySide sourceKey,
        KeySide shadowKey,
        String columns,
        String projection) {

    static MigrationSql of(MigrationPlan plan) {
        List<ColumnMapping> mappings = plan.projection().columns();
        return new MigrationSql(
                plan,
                MySqlNames.quote(plan.source()),
                MySqlNames.quote(plan.shadow()),
                KeySide.source(plan.key()),
                KeySide.shadow(plan.key(), DialectState.of(plan).shadowIndex()),
                MySqlNames.list(
                        mappings.stream().map(ColumnMapping::shadowColumn).toList()),
                mappings.stream().map(ColumnMapping::expression).collect(Collectors.joining(", ")));
    }

    String fromSource() {
        return " FROM " + source + sourceKey.forced();
    }

    String fromShadow() {
        return " FROM " + shadow + shadowKey.forced();
    }

    /** The same rows on either side. */
    interface Rows {
        SqlText on(KeySide side, String qualifier);

        static Rows of(List<RowKey> keys) {
            return (side, qualifier) -> side.in(qualifier, keys);
        }

        static Rows of(KeyRange range) {
            return (side, qualifier) -> side.range(qualifier, range);
        }

        default Rows and(List<RowKey> more) {
            return more.isEmpty()
                    ? this
                    : (side, qualifier) -> SqlText.of("((")
                            .add(on(side, qualifier))
                            .add(") OR ")
                            .add(side.in(qualifier, more))
                            .add(")");
        }
    }

    /** The key of the {@code n}th row of the range, if there are so many. */
    SqlText nthKey(KeyRange range, int n) {
        return SqlText.of("SELECT " + sourceKey.texts("") + fromSource() + " WHERE ")
                .add(sourceKey.range("", range))
                .add(" ORDER BY " + sourceKey.columns("") + " LIMIT 1 OFFSET " + (n - 1));
    }

    /** Keys of these rows that the source holds, in key order; a plain read in a read view of its own. */
    SqlText sourceKeys(Rows rows) {
        return SqlText.of("SELECT " + sourceKey.texts("") + fromSource() + " WHERE ")
                .add(rows.on(sourceKey, ""))
                .add(" ORDER BY " + sourceKey.columns(""));
    }
}
