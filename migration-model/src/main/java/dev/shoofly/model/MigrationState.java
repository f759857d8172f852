package dev.shoofly.model;

import java.util.EnumSet;
import java.util.Set;

/**
 * The life of a migration.
 *
 * <pre>
 * CREATED → PLANNING → PREPARING → COPYING → SYNCHRONIZING → VALIDATING → READY → CUTOVER → COMPLETED
 *                                                  ↑                      │          │└────→ ROLLED_BACK
 *                                                  └──────── kept ────────│──────────┘           ↑
 *                                                                         └───────── given up ───┘
 * every running state ⇄ PAUSED          every running state → FAILED | CANCELLED
 * </pre>
 *
 * A migration that was rolled back and is kept goes forward again from SYNCHRONIZING; from there on to READY it can be given up.
 *
 * What the server alters by itself takes a shorter way: PREPARING → READY → COMPLETED.
 *
 * Names are persisted: never rename one.
 */
public enum MigrationState {
    CREATED,
    PLANNING,
    PREPARING,
    COPYING,
    SYNCHRONIZING,
    VALIDATING,
    READY,
    /** The names are swapped; the old table is kept up to date for a way back, or what follows the swap is not finished. */
    CUTOVER,
    COMPLETED,
    PAUSED,
    /** Stopped by an error; the source table is untouched. Can be resumed where it stopped, or cancelled. */
    FAILED,
    ROLLED_BACK,
    CANCELLED;

    /** The states that may follow this one. PAUSED and FAILED lead back only to the state they were entered from. */
    public Set<MigrationState> next() {
        return switch (this) {
            case CREATED -> EnumSet.of(PLANNING, PAUSED, FAILED, CANCELLED);
            case PLANNING -> EnumSet.of(PREPARING, PAUSED, FAILED, CANCELLED);
            case PREPARING -> EnumSet.of(COPYING, READY, PAUSED, FAILED, CANCELLED);
            case COPYING -> EnumSet.of(SYNCHRONIZING, PAUSED, FAILED, CANCELLED);
            case SYNCHRONIZING -> EnumSet.of(VALIDATING, ROLLED_BACK, PAUSED, FAILED, CANCELLED);
            case VALIDATING -> EnumSet.of(READY, SYNCHRONIZING, ROLLED_BACK, PAUSED, FAILED, CANCELLED);
            case READY -> EnumSet.of(CUTOVER, COMPLETED, ROLLED_BACK, VALIDATING, PAUSED, FAILED, CANCELLED);
            case CUTOVER -> EnumSet.of(COMPLETED, ROLLED_BACK, SYNCHRONIZING, FAILED);
            case PAUSED, FAILED ->
                EnumSet.of(
                        CREATED,
                        PLANNING,
                        PREPARING,
                        COPYING,
                        SYNCHRONIZING,
                        VALIDATING,
                        READY,
                        CUTOVER,
                        FAILED,
                        CANCELLED);
            case ROLLED_BACK -> EnumSet.of(CANCELLED);
            case COMPLETED, CANCELLED -> EnumSet.noneOf(MigrationState.class);
        };
    }

    public boolean mayBecome(MigrationState next) {
        return next().contains(next);
    }

    /** Nothing runs any more and nothing can be resumed. */
    public boolean isFinal() {
        return switch (this) {
            case COMPLETED, CANCELLED, ROLLED_BACK -> true;
            case CREATED, PLANNING, PREPARING, COPYING, SYNCHRONIZING, VALIDATING, READY, CUTOVER, PAUSED, FAILED ->
                false;
        };
    }

    /** Work is being done in this state, so it can be paused. */
    public boolean isRunning() {
        return switch (this) {
            case CREATED, PLANNING, PREPARING, COPYING, SYNCHRONIZING, VALIDATING, READY, CUTOVER -> true;
            case COMPLETED, PAUSED, FAILED, ROLLED_BACK, CANCELLED -> false;
        };
    }

    /** The original name already stands for the new table. */
    public boolean isSwapped() {
        return this == CUTOVER || this == COMPLETED;
    }
}
