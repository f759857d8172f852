package dev.shoofly.model;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A step of a {@link NativePlan}.
 *
 * @param what it does, for people: continues a sentence, as in "build the index orders_day"
 * @param statements complete; all or none take effect
 * @param visible whether the application sees its effect: such a step waits for the approval of a manual cut-over
 * @param undo statements that take it back, whether it was done, begun or not even that; empty: it cannot be or needs not
 * @param dialectState what the dialect wants to remember, to tell whether the step is done; null: nothing
 */
public record NativeStep(
        Kind kind,
        String what,
        List<String> statements,
        boolean visible,
        List<String> undo,
        @Nullable String dialectState) {
    public NativeStep {
        statements = List.copyOf(statements);
        undo = List.copyOf(undo);
    }

    /** How long it takes, and what it does to the application. Names are persisted: never rename one. */
    public enum Kind {
        /** Needs the table for itself, for a moment: it is asked for in short bursts until it is granted. */
        BRIEF,
        /** May take hours, during which the application reads and writes. */
        LONG
    }
}
