package dev.shoofly.cli;

import dev.shoofly.database.control.ControlTables;
import dev.shoofly.database.control.Migration;
import dev.shoofly.database.control.TrafficRows;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * What the last {@code shadow-traffic} showed, as {@code status} tells it.
 *
 * @param consistencyPercent of the runs that were compared; null: none was
 */
record ReadsStatus(int statements, @Nullable Double consistencyPercent, int differing, int failing, int plansChanged) {

    /** Null: nothing was replayed. */
    static @Nullable ReadsStatus of(ControlTables control, Migration migration) {
        List<TrafficRows.Row> rows = control.traffic().list(migration.id());
        if (rows.isEmpty()) {
            return null;
        }
        long well = rows.stream()
                .mapToLong(row -> row.counts().same() + row.counts().inFlight())
                .sum();
        long ill = rows.stream()
                .mapToLong(row -> row.counts().differs() + row.counts().failedOnShadow())
                .sum();
        return new ReadsStatus(
                rows.size(),
                well + ill == 0 ? null : 100.0 * well / (well + ill),
                (int) rows.stream().filter(row -> row.counts().differs() > 0).count(),
                (int) rows.stream()
                        .filter(row -> row.counts().failedOnShadow() > 0)
                        .count(),
                (int) rows.stream().filter(TrafficRows.Row::planChanged).count());
    }

    String text() {
        return (consistencyPercent == null
                        ? "nothing could be compared"
                        : String.format(Locale.ROOT, "%.2f %% consistent", consistencyPercent))
                + " in " + statements + " statements"
                + (differing == 0 ? "" : ", " + differing + " differ")
                + (failing == 0 ? "" : ", " + failing + " fail on the new table")
                + (plansChanged == 0 ? "" : ", " + plansChanged + " with another plan");
    }
}
