package dev.shoofly.cli;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.shoofly.cli.screen.ProgressText;
import dev.shoofly.database.control.Migration;
import dev.shoofly.database.control.ThrottleState;
import dev.shoofly.model.MigrationPlan;
import dev.shoofly.model.MigrationState;
import dev.shoofly.model.NativePlan;
import dev.shoofly.model.NativeStep;
import dev.shoofly.model.Split;
import dev.shoofly.model.TableName;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A migration as {@code status --json} and {@code list --json} print it. Component names are the interface: add, never rename.
 *
 * @param running whether a living process works on it; null: not asked
 * @param part null: it is all that was asked for
 * @param steps of what the server does by itself; null: through a shadow
 * @param lagMillis null: not known
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
        String createdAt,
        String updatedAt,
        @Nullable Boolean running,
        @Nullable String reason,
        String owner,
        String shadow,
        String old,
        long keysApplied,
        long rowsVerified,
        long mismatches,
        CutoverView cutover,
        @Nullable ApplyStatus apply,
        @Nullable ThrottleStatus throttle) {
    private static final ObjectMapper MAPPER =
            JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build();

    /** Whether the schema change can be taken back. */
    enum Rollback {
        /** The table is untouched: {@code cancel} takes it back. */
        SAFE,
        /** Swapped; this version does not carry new writes back to the old table. */
        IMPOSSIBLE,
        /** Nothing is left to take back. */
        NONE
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

    static MigrationView of(
            Migration migration,
            @Nullable Boolean running,
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
                rollback(phase),
                migration.createdAt().toString(),
                migration.updatedAt().toString(),
                running,
                migration.reason(),
                migration.owner(),
                name(migration.plan(), MigrationPlan::shadow),
                name(migration.plan(), MigrationPlan::old),
                migration.keysApplied(),
                migration.rowsVerified(),
                migration.mismatches(),
                new CutoverView(
                        migration.spec().cutover().mode().name(),
                        migration.cutoverApproved(),
                        migration.cutoverAttempts(),
                        known(migration.lockedMillis())),
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

    private static Rollback rollback(MigrationState phase) {
        return switch (phase) {
            case CREATED, PLANNING, PREPARING, COPYING, SYNCHRONIZING, VALIDATING, READY, PAUSED, FAILED ->
                Rollback.SAFE;
            case CUTOVER, COMPLETED -> Rollback.IMPOSSIBLE;
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
