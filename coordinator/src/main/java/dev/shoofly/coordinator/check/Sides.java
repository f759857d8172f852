package dev.shoofly.coordinator.check;

import dev.shoofly.database.Database;
import dev.shoofly.database.TableSwap.Direction;
import dev.shoofly.database.control.Migration;
import dev.shoofly.model.ErrorKind;
import dev.shoofly.model.MigrationPlan;
import dev.shoofly.model.MigrationState;
import dev.shoofly.model.ShooflyException;
import java.util.Objects;

/**
 * The two tables of a migration and which of them is live.
 *
 * @param phase what the migration is at, or was when it was paused or failed
 * @param plan of the rows that are written
 * @param compared the same with the columns that can be compared
 */
record Sides(MigrationState phase, MigrationPlan plan, MigrationPlan compared, Direction direction) {

    /** @throws ShooflyException REFUSED when there are no two tables to compare */
    static Sides of(Database database, Migration migration) {
        MigrationState phase = Objects.requireNonNullElse(migration.resumeState(), migration.state());
        if (migration.nativePlan() != null) {
            throw refused(migration, "is carried out by the server itself: there is no second table to compare with");
        }
        if (migration.state().isFinal()) {
            throw refused(migration, "is " + migration.state() + ": its two tables go their own ways");
        }
        MigrationPlan plan = migration.plan();
        if (plan == null) {
            throw refused(migration, "is " + migration.state() + " and has no shadow yet");
        }
        MigrationPlan back = migration.rollback().plan();
        if (migration.rollback().isOpen() && back != null) {
            MigrationPlan compared =
                    database.wayBack(plan, migration.spec().reverses()).compared(back);
            return new Sides(phase, back, compared, Direction.BACK);
        }
        if (phase == MigrationState.CUTOVER || database.swap(plan).isSwapped()) {
            throw refused(migration, "has swapped its tables, and the old one is not kept up to date (any more)");
        }
        return new Sides(phase, plan, plan, Direction.FORWARD);
    }

    private static ShooflyException refused(Migration migration, String why) {
        return new ShooflyException(
                ErrorKind.REFUSED,
                "migration " + migration.id() + " of " + migration.source() + " " + why + ". Nothing was compared.");
    }

    /** Before that most rows are missing for a good reason, which no marker tells. */
    boolean isFilled() {
        return switch (phase) {
            case SYNCHRONIZING, VALIDATING, READY, CUTOVER -> true;
            case CREATED, PLANNING, PREPARING, COPYING, COMPLETED, PAUSED, FAILED, ROLLED_BACK, CANCELLED -> false;
        };
    }

    Findings.Swap swap() {
        return switch (direction) {
            case FORWARD -> Findings.Swap.CUTOVER;
            case BACK -> Findings.Swap.ROLLBACK;
        };
    }
}
