package dev.shoofly.cli;

import dev.shoofly.database.control.GateRows.Gates;
import dev.shoofly.database.control.Migration;
import dev.shoofly.model.CutoverConditions;
import dev.shoofly.model.CutoverWindow;
import dev.shoofly.model.GateName;
import dev.shoofly.model.GateReport;
import dev.shoofly.model.MigrationState;
import java.time.Instant;
import java.util.Collection;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A gate of the cut-over. Component names are those of {@code status --json}: add, never rename.
 *
 * @param opensAt null: nobody knows
 */
record GateView(
        String gate,
        GateReport.State state,
        String reason,
        String remedy,
        @Nullable String opensAt) {

    /**
     * As the process that runs it found them last, the window as it is now; those of a rollback while it is asked for. Empty when
     * no swap is to come.
     */
    static List<GateView> of(Migration migration, Gates gates, Instant now) {
        MigrationState phase = migration.resumeState() == null ? migration.state() : migration.resumeState();
        if (phase == MigrationState.CUTOVER
                && migration.rollback().requested()
                && !migration.rollback().swappedBack()) {
            return views(gates.reports());
        }
        if (phase.isSwapped() || phase.isFinal()) {
            return List.of();
        }
        CutoverConditions conditions = migration.spec().cutover().conditions();
        Map<GateName, GateReport> found = new EnumMap<>(GateName.class);
        gates.reports().forEach(report -> found.put(report.gate(), report));
        if (conditions.window() != null) {
            found.put(
                    GateName.WINDOW,
                    CutoverWindow.parse(conditions.window())
                            .report(now, migration.id().value()));
        }
        Set<GateName> forced = EnumSet.noneOf(GateName.class);
        forced.addAll(conditions.forced());
        forced.addAll(gates.forced());
        forced.forEach(gate -> found.put(gate, GateReport.forced(gate)));
        if (migration.cutoverApproved()) {
            found.remove(GateName.APPROVAL);
        }
        return views(found.values());
    }

    private static List<GateView> views(Collection<GateReport> reports) {
        return reports.stream()
                .map(report -> new GateView(
                        report.gate().key(), report.state(), report.reason(), report.remedy(), report.opensAt()))
                .toList();
    }

    String text() {
        return switch (state) {
            case OPEN -> "open";
            case SHUT -> "SHUT: " + reason + ". To do: " + remedy;
            case FORCED -> reason;
            case UNKNOWN -> "not looked at while another one is shut";
        };
    }
}
