package dev.shoofly.applier;

import dev.shoofly.database.Reconciler;
import dev.shoofly.model.FaultPoints;
import dev.shoofly.model.MigrationMetrics;
import dev.shoofly.model.MigrationPlan;

/** What every partition's task works with. */
record ApplierParts(
        MigrationPlan plan,
        int batchKeys,
        Reconciler reconciler,
        WriteTurns turns,
        Ownership ownership,
        TopicBounds bounds,
        MigrationMetrics metrics,
        FaultPoints faultPoints,
        SourceClock clock) {}
