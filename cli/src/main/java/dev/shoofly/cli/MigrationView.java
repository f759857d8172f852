package dev.shoofly.cli;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.shoofly.cli.screen.ProgressText;
import dev.shoofly.coordinator.MigrationControl;
import dev.shoofly.database.control.ControlTables;
import dev.shoofly.database.control.Migration;
import dev.shoofly.database.control.Misfits;
import dev.shoofly.database.control.ThrottleState;
import dev.shoofly.database.control.VerificationState;
import dev.shoofly.model.MigrationPlan;
import dev.shoofly.model.MigrationState;
import dev.shoofly.model.NativePlan;
import dev.shoofly.model.NativeStep;
import dev.shoofly.model.RollbackFeasibility;
import dev.shoofly.model.RowKey;
import dev.shoofly.model.Split;
import dev.shoofly.model.TableName;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A migration as {@code status --json} and {@code list --json} print it. Component names are the interface: add, never rename.
 *
 * @param running whether a living process works on it; null: not asked
 * @param part null: it is all that was asked for
 * @param steps of what the server does by itself; null: through a shadow
 * @param lagMillis null: not known
 * @param rollbackWindow null: before the swap, or without one
 * @param forwardUntil until when a migration that was rolled back waits for the word; null: it does not
 * @param retention null: the old table is nobody's to drop but the operator's
 * @param verification null: not asked, or not begun
 * @param reads what shadow-traffic showed; null: not asked, or nothing was replayed
 * @param gates of the cut-over; empty: nobody has looked yet, or the tables are swapped; null: not asked
 * @param apply null: not asked
 * @param throttle null: not asked
 */
@JsonInclude(JsonInclude.Include.ALWAYS)
record MigrationView(
        String id,
        String table,
        MigrationState state,
        String strategy,
        @Nullable PartView part,
        @Nullable StepsView steps,
        ProgressView progress,
        @Nullable Long lagMillis,
        Rollback rollback,
        @Nullable WindowView rollbackWindow,
        @Nullable String forwardUntil,
        String createdAt,
        String updatedAt,
        @Nullable Boolean running,
        @Nullable String reason,
        String owner,
        String shadow,
        String old,
        @Nullable RetentionView retention,
        long keysApplied,
        long rowsVerified,
        long mismatches,
        @Nullable VerificationStatus verification,
        @Nullable ReadsStatus reads,
        CutoverView cutover,
        @Nullable List<GateView> gates,
        @Nullable ApplyStatus apply,
        @Nullable ThrottleStatus throttle) {
    private static final ObjectMapper MAPPER =
            JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build();

    /** Whether the schema change can be taken back. */
    enum Rollback {
        /** The table is untouched: {@code cancel} takes it back. Or swapped: {@code rollback} does. */
        SAFE,
        /** As SAFE, but not every row that the new table takes has its place in the old one. */
        RISKY,
        /** Swapped, and the old table is not kept up to date. */
        IMPOSSIBLE,
        /** Nothing is left to take back. */
        NONE
    }

    /**
     * The time after the swap.
     *
     * @param open whether the old table is kept up to date
     * @param endsAt null: not open yet
     * @param reasons why a rollback is not SAFE
     * @param misfits why it is IMPOSSIBLE for now; null: no such row
     */
    record WindowView(
            boolean open,
            @Nullable String endsAt,
            boolean requested,
            List<String> reasons,
            @Nullable MisfitsView misfits) {
        static @Nullable WindowView of(dev.shoofly.database.control.Rollback rollback, Misfits misfits) {
            RollbackFeasibility feasibility = rollback.feasibility();
            if (feasibility == null) {
                return null;
            }
            return new WindowView(
                    rollback.isOpen(),
                    rollback.windowEnds() == null ? null : rollback.windowEnds().toString(),
                    rollback.requested(),
                    reasons(feasibility, misfits),
                    MisfitsView.of(misfits));
        }

        private static List<String> reasons(RollbackFeasibility feasibility, Misfits misfits) {
            if (misfits.isEmpty()) {
                return feasibility.reasons();
            }
            return Stream.concat(Stream.of("for now: " + misfits.words()), feasibility.reasons().stream())
                    .toList();
        }
    }

    /**
     * Rows of the new table that the old one does not take now.
     *
     * @param columns how many for which column or constraint
     * @param keys the first of them
     */
    record MisfitsView(long rows, Map<String, Long> columns, List<String> keys) {
        static @Nullable MisfitsView of(Misfits misfits) {
            return misfits.isEmpty()
                    ? null
                    : new MisfitsView(
                            misfits.rows(),
                            misfits.columns(),
                            misfits.keys().stream().map(RowKey::toString).toList());
        }
    }

    /** When the old table is dropped, and whether it was. */
    record RetentionView(String dropAt, boolean dropped) {
        static @Nullable RetentionView of(Migration migration) {
            Instant dropAt = migration.retention().dropAt();
            return dropAt == null
                    ? null
                    : new RetentionView(dropAt.toString(), migration.retention().dropped());
        }
    }

    /** Of a request that is carried out in parts. */
    record PartView(int number, int of) {}

    /** @param names what each does */
    record StepsView(int done, List<String> names) {}

    record ProgressView(long rowsCopied, long rowsTotal, double percent) {}

    record CutoverView(
            String mode,
            boolean approved,
            int attempts,
            @Nullable Long lockedMillis) {}

    /**
     * What holds the work back.
     *
     * @param fraction share of its time that a copying thread works, 0 to 1
     * @param heldBackBy null: nothing
     * @param throttledMillis for how long work would have had to stand still to lose what was lost so far
     */
    record ThrottleStatus(double fraction, @Nullable String heldBackBy, long throttledMillis) {
        static ThrottleStatus of(ThrottleState state) {
            return new ThrottleStatus(
                    Math.round(state.fraction() * 1000) / 1000.0, state.heldBackBy(), state.throttledMillis());
        }
    }

    /**
     * What of the comparison holds.
     *
     * @param swept whether every row was compared once
     * @param marker everything that was committed before it was compared, as far as it is swept
     * @param lastMarker the last one that was written: what was committed since the other is to be compared
     * @param dirty rows that changed while they were compared again
     */
    record VerificationStatus(boolean swept, long rows, long marker, long lastMarker, int dirty, long repaired) {
        static @Nullable VerificationStatus of(ControlTables control, Migration migration) {
            return control.verification()
                    .find(migration.id())
                    .filter(VerificationState::isBegun)
                    .map(state -> new VerificationStatus(
                            state.swept(),
                            state.rows(),
                            state.marker(),
                            control.markers().last(migration.id()),
                            state.open().size(),
                            state.repaired()))
                    .orElse(null);
        }

        String text() {
            return (swept ? "every row" : ProgressText.count(rows) + " rows") + " through marker " + marker + " of "
                    + lastMarker + ", " + dirty + " changed rows to be compared again"
                    + (repaired == 0 ? "" : ", " + repaired + " repaired");
        }
    }

    static MigrationView of(
            Migration migration,
            Misfits misfits,
            @Nullable Boolean running,
            @Nullable VerificationStatus verification,
            @Nullable ReadsStatus reads,
            @Nullable List<GateView> gates,
            @Nullable ApplyStatus apply,
            @Nullable ThrottleStatus throttle) {
        MigrationState phase = Optional.ofNullable(migration.resumeState()).orElse(migration.state());
        return new MigrationView(
                migration.id().value(),
                migration.source().toString(),
                migration.state(),
                migration.strategy().name(),
                part(migration.spec().split()),
                steps(migration),
                new ProgressView(
                        migration.rowsCopied(),
                        migration.rowsTotal(),
                        ProgressText.percent(phase, migration.rowsCopied(), migration.rowsTotal())),
                known(migration.lagMillis()),
                rollback(phase, migration, misfits),
                WindowView.of(migration.rollback(), misfits),
                MigrationControl.isForwardAgain(migration)
                        ? String.valueOf(migration.rollback().forwardUntil())
                        : null,
                migration.createdAt().toString(),
                migration.updatedAt().toString(),
                running,
                migration.reason(),
                migration.owner(),
                name(migration.plan(), MigrationPlan::shadow),
                name(migration.plan(), MigrationPlan::old),
                RetentionView.of(migration),
                migration.keysApplied(),
                migration.rowsVerified(),
                migration.mismatches(),
                verification,
                reads,
                new CutoverView(
                        migration.spec().cutover().mode().name(),
                        migration.cutoverApproved(),
                        migration.cutoverAttempts(),
                        known(migration.lockedMillis())),
                gates,
                apply,
                throttle);
    }

    private static @Nullable PartView part(@Nullable Split split) {
        return split == null
                ? null
                : new PartView(split.index() + 1, split.parts().size());
    }

    private static @Nullable StepsView steps(Migration migration) {
        NativePlan plan = migration.nativePlan();
        return plan == null
                ? null
                : new StepsView(
                        migration.stepsDone(),
                        plan.steps().stream().map(NativeStep::what).toList());
    }

    private static @Nullable Long known(long millis) {
        return millis < 0 ? null : millis;
    }

    private static String name(
            @Nullable MigrationPlan plan, java.util.function.Function<MigrationPlan, TableName> table) {
        return plan == null ? "" : table.apply(plan).toString();
    }

    private static Rollback rollback(MigrationState phase, Migration migration, Misfits misfits) {
        return switch (phase) {
            case CREATED, PLANNING, PREPARING, COPYING, SYNCHRONIZING, VALIDATING, READY, PAUSED, FAILED ->
                Rollback.SAFE;
            case CUTOVER ->
                Optional.ofNullable(migration.rollback().feasibility())
                        .filter(found -> misfits.isEmpty())
                        .map(found -> Rollback.valueOf(found.verdict().name()))
                        .orElse(Rollback.IMPOSSIBLE);
            case COMPLETED -> Rollback.IMPOSSIBLE;
            case ROLLED_BACK, CANCELLED -> Rollback.NONE;
        };
    }

    static String json(Object value) {
        try {
            return MAPPER.writeValueAsString(value);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("cannot write JSON", e);
        }
    }
}
