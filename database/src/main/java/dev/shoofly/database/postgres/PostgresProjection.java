package dev.shoofly.database.postgres;

import static dev.shoofly.database.postgres.PostgresNames.quote;

import dev.shoofly.model.ColumnMapping;
import dev.shoofly.model.KeyRange;
import dev.shoofly.model.MigrationPlan;
import java.util.stream.Collectors;

/** The migration's projection in SQL. */
final class PostgresProjection {
    private final MigrationPlan plan;

    PostgresProjection(MigrationPlan plan) {
        this.plan = plan;
    }

    String source() {
        return quote(plan.source());
    }

    String shadow() {
        return quote(plan.shadow());
    }

    /** The shadow's mapped columns, for INSERT. */
    String targets() {
        return plan.projection().columns().stream()
                .map(column -> quote(column.shadowColumn()))
                .collect(Collectors.joining(", "));
    }

    /**
     * The values for {@link #targets}, without casts: the server applies the assignment cast of INSERT, which refuses to
     * cut a text where an explicit cast would do so in silence.
     */
    String values() {
        return plan.projection().columns().stream()
                .map(ColumnMapping::expression)
                .collect(Collectors.joining(", "));
    }

    /** {@code "a" = EXCLUDED."a", …} */
    String assignments() {
        return plan.projection().columns().stream()
                .map(column -> quote(column.shadowColumn()) + " = EXCLUDED." + quote(column.shadowColumn()))
                .collect(Collectors.joining(", "));
    }

    /** Each value in the shadow's type and under the shadow's name: for comparing, never for writing. */
    String typedValues() {
        return plan.projection().columns().stream()
                .map(column -> typed(column) + " AS " + quote(column.shadowColumn()))
                .collect(Collectors.joining(", "));
    }

    /** The rows of a range in the order of their keys, as an INSERT without a rule for conflicts; {@code keys} binds it. */
    String copy(PostgresKeys keys, KeyRange range) {
        return "INSERT INTO " + shadow() + " (" + targets() + ") SELECT " + values() + " FROM " + source()
                + " AS s WHERE " + keys.within(PostgresKeys.Side.SOURCE, "s", range) + " ORDER BY "
                + keys.columns(PostgresKeys.Side.SOURCE, "s");
    }

    static String typed(ColumnMapping column) {
        return column.retyped() ? "(" + column.expression() + ")::" + column.shadowType() : column.expression();
    }
}
