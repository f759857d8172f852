package dev.shoofly.coordinator;

import dev.shoofly.database.Database;
import dev.shoofly.database.NativeAlter.Assessment;
import dev.shoofly.database.StepImpact;
import dev.shoofly.model.ErrorKind;
import dev.shoofly.model.MigrationId;
import dev.shoofly.model.MigrationSpec;
import dev.shoofly.model.NativePlan;
import dev.shoofly.model.ShooflyException;
import dev.shoofly.model.Strategy;
import dev.shoofly.model.StrategyChoice;
import dev.shoofly.model.TableName;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Chooses how an alteration is carried out. It knows no rules of its own: the server tries it on an empty table. Any thread.
 */
public final class Planner {
    private final Database database;

    public Planner(Database database) {
        this.database = database;
    }

    /**
     * How, and why.
     *
     * @param plan of INSTANT and ONLINE; empty: SHADOW
     * @param reasons each a sentence without its stop
     * @param warnings likewise
     * @param impacts of the plan's steps, one for each, in their order
     */
    public record Decision(
            Optional<NativePlan> plan, List<String> reasons, List<String> warnings, List<StepImpact> impacts) {
        public Decision {
            impacts = List.copyOf(impacts);
            reasons = List.copyOf(reasons);
            warnings = List.copyOf(warnings);
        }

        public Strategy strategy() {
            return plan.map(NativePlan::strategy).orElse(Strategy.SHADOW);
        }
    }

    /**
     * Changes nothing.
     *
     * @throws ShooflyException REFUSED: the server refuses the alteration, or a strategy is demanded that cannot be had
     */
    public Decision decide(MigrationId id, TableName source, MigrationSpec spec) {
        if (spec.strategy() == StrategyChoice.SHADOW) {
            return shadow(source, List.of("it was asked for (--strategy shadow)"));
        }
        if (!spec.transforms().isEmpty()) {
            return computing(source, spec);
        }
        List<String> findings = database.nativeAlter().findings(source);
        if (!findings.isEmpty()) {
            return unfit(source, spec, findings);
        }
        Assessment assessment = database.nativeAlter().assess(id, source, spec.alters());
        Strategy possible = assessment.plan().map(NativePlan::strategy).orElse(Strategy.SHADOW);
        boolean disadvised = assessment.disadvice().isPresent() && spec.strategy() == StrategyChoice.AUTO;
        if (!isAllowed(spec.strategy(), possible)) {
            throw notToBeHad(source, spec, possible, assessment.reasons());
        }
        List<String> reasons = new ArrayList<>(assessment.reasons());
        if (disadvised) {
            assessment.disadvice().ifPresent(reasons::add);
        }
        return disadvised || possible == Strategy.SHADOW
                ? shadow(source, reasons)
                : new Decision(assessment.plan(), reasons, assessment.warnings(), assessment.impacts());
    }

    /** No statement of the server fills a column from others while the application goes on. */
    private Decision computing(TableName source, MigrationSpec spec) {
        List<String> reasons = spec.transforms().stream()
                .map(transform -> "it computes the column " + transform.column() + " (--transform)")
                .toList();
        if (!isAllowed(spec.strategy(), Strategy.SHADOW)) {
            throw notToBeHad(source, spec, Strategy.SHADOW, reasons);
        }
        return shadow(source, reasons);
    }

    private static ShooflyException notToBeHad(
            TableName source, MigrationSpec spec, Strategy possible, List<String> reasons) {
        return new ShooflyException(
                ErrorKind.REFUSED,
                "--strategy " + spec.strategy().name().toLowerCase(java.util.Locale.ROOT)
                        + " cannot be had for this alteration of " + source + ": " + String.join("; ", reasons)
                        + ". Nothing was changed. --strategy "
                        + possible.name().toLowerCase(java.util.Locale.ROOT) + " can.");
    }

    private static boolean isAllowed(StrategyChoice wanted, Strategy possible) {
        return switch (wanted) {
            case AUTO -> true;
            case INSTANT -> possible == Strategy.INSTANT;
            // What is done in an instant blocks nobody either.
            case ONLINE -> possible != Strategy.SHADOW;
            case SHADOW -> false;
        };
    }

    /** What the server alone would need, a migration needs as well: its own checks word it. */
    private Decision unfit(TableName source, MigrationSpec spec, List<String> findings) {
        if (spec.strategy() != StrategyChoice.AUTO) {
            throw new ShooflyException(
                    ErrorKind.REFUSED,
                    source + " cannot be altered as things are (nothing was changed):\n  - "
                            + String.join("\n  - ", findings));
        }
        return shadow(source, List.of("the server could not be asked for a shorter way"));
    }

    private Decision shadow(TableName source, List<String> reasons) {
        return new Decision(Optional.empty(), reasons, database.preparation().warnings(source), List.of());
    }
}
