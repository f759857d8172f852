package dev.shoofly.database.mysql;

import dev.shoofly.model.ColumnMapping;
import dev.shoofly.model.ErrorKind;
import dev.shoofly.model.Projection;
import dev.shoofly.model.ShooflyException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Finds how the shadow's columns get their values.
 *
 * @param mirrored see {@link DialectState}
 */
record MySqlProjection(Projection projection, Map<String, String> mirrored) {

    /**
     * @param origins shadow's column to source's column, lower case
     * @param timeZone the server's own: by it a native ALTER would turn TIMESTAMP into DATETIME and back
     */
    static MySqlProjection of(
            MySqlTable source,
            MySqlTable shadow,
            Map<String, String> origins,
            ComputedColumns computed,
            String timeZone) {
        List<ColumnMapping> mappings = new ArrayList<>();
        List<String> added = new ArrayList<>();
        Map<String, String> mirrored = new HashMap<>();
        Set<String> used = new HashSet<>();
        for (MySqlColumn column : shadow.columns()) {
            Optional<MySqlColumn> origin = Optional.ofNullable(
                            origins.get(column.name().toLowerCase(Locale.ROOT)))
                    .flatMap(source::column);
            origin.ifPresent(from -> used.add(from.name()));
            if (column.generated()) {
                continue;
            }
            Optional<String> value = computed.expression(column);
            if (value.isPresent()) {
                String from = origin.map(MySqlColumn::name).orElse(null);
                mappings.add(new ColumnMapping(column.name(), from, value.get(), column.columnType(), true, true));
                continue;
            }
            if (origin.isEmpty()) {
                requireDefault(source, column);
                added.add(column.name());
                continue;
            }
            mappings.add(mapping(origin.get(), column, timeZone));
            mirror(origin.get(), column).ifPresent(expression -> mirrored.put(column.name(), expression));
        }
        List<String> dropped = source.columns().stream()
                .map(MySqlColumn::name)
                .filter(name -> !used.contains(name))
                .toList();
        return new MySqlProjection(new Projection(mappings, dropped, added), mirrored);
    }

    private static ColumnMapping mapping(MySqlColumn from, MySqlColumn to, String timeZone) {
        return new ColumnMapping(
                to.name(),
                from.name(),
                expression(from, to, timeZone),
                to.columnType(),
                !from.declared().equals(to.declared()),
                false);
    }

    /**
     * Our sessions run in UTC; only this conversion asks for the zone that the operator's ALTER would have used. Of a zero
     * date CONVERT_TZ makes NULL, which a nullable column would take in silence; it stays what it is, as in a native ALTER.
     */
    private static String expression(MySqlColumn from, MySqlColumn to, String timeZone) {
        String column = MySqlNames.quote(from.name());
        String zone = "'" + timeZone.replace("'", "''") + "'";
        boolean wasMoment = from.dataType().equals("timestamp");
        boolean isMoment = to.dataType().equals("timestamp");
        if (wasMoment && !isMoment) {
            return "COALESCE(CONVERT_TZ(" + column + ", '+00:00', " + zone + "), " + column + ")";
        }
        if (!wasMoment && isMoment) {
            return "COALESCE(CONVERT_TZ(" + column + ", " + zone + ", '+00:00'), " + column + ")";
        }
        return column;
    }

    static boolean convertsTimeZones(
            MySqlTable source, MySqlTable shadow, Map<String, String> origins, ComputedColumns computed) {
        return of(source, shadow, origins, computed, "SYSTEM").projection().columns().stream()
                .anyMatch(mapping -> !mapping.computed() && mapping.expression().contains("CONVERT_TZ("));
    }

    /** Only conversions whose stored bytes an expression can foretell for certain; all others go through a twin table. */
    private static Optional<String> mirror(MySqlColumn from, MySqlColumn to) {
        String column = MySqlNames.quote(from.name());
        if (from.isInteger() && to.isInteger()) {
            boolean zerofill = (from.columnType() + to.columnType()).contains("zerofill");
            return zerofill ? Optional.empty() : Optional.of("CAST(" + column + " AS BINARY)");
        }
        boolean keepsText =
                from.isText() && to.isText() && !to.dataType().equals("char") && to.length() >= from.length();
        if (keepsText) {
            return Optional.of("CAST(CONVERT(" + column + " USING " + to.charset() + ") AS BINARY)");
        }
        return Optional.empty();
    }

    /** In strict mode an INSERT does not invent a value for it. */
    private static void requireDefault(MySqlTable source, MySqlColumn column) {
        if (!column.nullable() && !column.hasDefault() && !column.autoIncrement()) {
            throw new ShooflyException(
                    ErrorKind.REFUSED,
                    "cannot migrate " + source.name() + ": the new column " + column.name()
                            + " is NOT NULL and has no default, so the rows that exist would have no value for it. Nothing"
                            + " was changed. Give it a DEFAULT, or make it nullable.");
        }
    }
}
