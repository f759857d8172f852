package dev.shoofly.coordinator.check;

import dev.shoofly.coordinator.KafkaAccess;
import dev.shoofly.coordinator.MigrationControl;
import dev.shoofly.database.Database;
import dev.shoofly.database.control.Migration;
import dev.shoofly.model.CutoverMode;
import dev.shoofly.model.KeyDefinition;
import dev.shoofly.model.MigrationState;
import dev.shoofly.model.RepairMode;
import dev.shoofly.model.RollbackFeasibility;
import dev.shoofly.model.ShooflyException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Compares the two tables of a migration that any process runs, or none, and tells whether its swap could begin. Rows that the
 * application writes are no mismatches: each that differs is looked at again between two markers, as in the migration's own
 * verification. Where no marker gets through, or the changes topic cannot be reached, a row that differs stays undecided.
 *
 * <p>Writes no row of either table. What differs for certain is noted in {@code shoofly.validation_details} and the mismatches
 * topic, and keeps the migration from its cut-over until it was seen to be equal. One thread at a time.
 */
public final class OnDemandVerification {
    private final Database database;
    private final KafkaAccess.Provider kafka;
    private final InstantSource clock;
    private final Duration patience;

    /** @param patience for how long no marker may get through before that is taken for a standstill */
    public OnDemandVerification(Database database, KafkaAccess.Provider kafka, InstantSource clock, Duration patience) {
        this.database = database;
        this.kafka = kafka;
        this.clock = clock;
        this.patience = patience;
    }

    /**
     * What a key of the rows that can be compared looks like.
     *
     * @throws ShooflyException REFUSED when there are no two tables to compare
     */
    public KeyDefinition key(Migration migration) {
        return Sides.of(database, migration).compared().key();
    }

    /**
     * @param repair what becomes of a row that certainly differs
     * @param progress told how many rows were compared, range by range
     * @throws ShooflyException REFUSED when there are no two tables to compare, or repairs are wanted where none can be
     *     made; what the server says
     */
    public Findings run(Migration migration, Selection selection, RepairMode repair, LongConsumer progress)
            throws InterruptedException {
        Sides sides = Sides.of(database, migration);
        Findings.@Nullable Comparison comparison = null;
        List<Gate> rows = List.of();
        if (sides.isFilled()) {
            RowComparison.Result result = new RowComparison(
                            database, kafka, clock, migration, sides, isRunning(migration), patience)
                    .run(selection, repair, progress);
            comparison = result.comparison();
            rows = List.of(result.gate());
        }
        return findings(migration, comparison, rows);
    }

    private boolean isRunning(Migration migration) {
        return new MigrationControl(database).isRunning(migration.id());
    }

    /** As things stand after the comparison, which may have taken hours. */
    private Findings findings(Migration before, Findings.@Nullable Comparison comparison, List<Gate> rows)
            throws InterruptedException {
        Migration now = new MigrationControl(database).find(before.id().value());
        Sides sides = Sides.of(database, now);
        Delivery delivery = new Delivery(database.control(), now.id(), patience);
        List<Gate> gates = new ArrayList<>(new Readiness(database, now, sides, isRunning(now)).gates(delivery));
        gates.addAll(rows);
        return new Findings(
                now.id().value(),
                sides.plan().source().toString(),
                sides.plan().shadow().toString(),
                now.state(),
                sides.swap(),
                comparison,
                gates,
                notes(now));
    }

    private static List<String> notes(Migration migration) {
        List<String> notes = new ArrayList<>();
        if (migration.state() == MigrationState.READY
                && migration.spec().cutover().mode() == CutoverMode.MANUAL
                && !migration.cutoverApproved()) {
            notes.add("the cut-over waits for the word: 'cutover " + migration.id() + "'");
        }
        RollbackFeasibility way = migration.rollback().feasibility();
        if (way != null && !way.reasons().isEmpty()) {
            notes.add("a rollback is " + way.verdict() + ": " + String.join("; ", way.reasons()));
        }
        return notes;
    }
}
