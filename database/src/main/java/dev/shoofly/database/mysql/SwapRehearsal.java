package dev.shoofly.database.mysql;

import dev.shoofly.database.StallBudget;
import dev.shoofly.database.StallWatch;
import dev.shoofly.model.CutoverSettings;
import dev.shoofly.model.MigrationPlan;
import java.math.BigDecimal;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;

/**
 * Asks what will be asked under the lock: the server has the tables' definitions at hand then, and Java has loaded what reads
 * the answers. The first time costs 20 ms more, for which applications would wait.
 *
 * @see MySqlReconciler#rehearseLocked
 */
final class SwapRehearsal {
    private SwapRehearsal() {}

    /**
     * Before any lock. What the answers say is judged under it.
     *
     * @param locking the session that will ask them
     */
    static void run(
            Connection locking, MigrationPlan plan, Handover handover, CutoverSettings settings, SwapRecord swapRecord)
            throws SQLException {
        String unusedDefinition = SourceDefinition.of(locking, plan.source());
        List<SourceTrigger> unusedTriggers = MySqlCatalog.triggers(locking, plan.source());
        Optional<BigDecimal> unusedCounter = MySqlCatalog.counterAheadOf(locking, plan.source(), plan.shadow());
        List<String> unusedStatements = handover.statements();
        StallBudget budget = new StallBudget(System.nanoTime(), settings.maxStall());
        try (StallWatch watch = new StallWatch(budget, () -> {});
                Meanwhile recording = new Meanwhile("shoofly-swap-rehearsal-" + plan.id(), swapRecord::rehearse)) {
            boolean unusedEnd = recording.awaitUntil(budget.endsAt());
            boolean unusedInterrupt = watch.settle();
        }
    }
}
