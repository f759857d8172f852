package dev.shoofly.database;

import dev.shoofly.model.MigrationId;
import dev.shoofly.model.NativePlan;
import dev.shoofly.model.NativeStep;
import dev.shoofly.model.ShooflyException;
import dev.shoofly.model.TableName;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.BooleanSupplier;

/** What the server can do about an alteration by itself, without a shadow. Any thread. */
public interface NativeAlter {

    /**
     * Checks what such an alteration needs, which is far less than a migration does. Changes nothing.
     *
     * @return every finding, each worded with its remedy; empty: fit
     */
    List<String> findings(TableName source);

    /**
     * Tries the alterations on an empty table of the same definition, which is gone afterwards. The source is only read.
     *
     * @param alters as in {@code MigrationSpec}
     * @throws ShooflyException REFUSED: the server refuses the alteration whatever the way; its words are in the message
     */
    Assessment assess(MigrationId id, TableName source, List<String> alters);

    /**
     * What came of it.
     *
     * @param plan empty: only through a shadow
     * @param reasons why it is so, each a sentence
     * @param warnings what the operator should know before such a plan is carried out, each a sentence
     * @param disadvice why a shadow is better although the server could do without; empty: it is not
     * @param impacts of the plan's steps, one for each, in their order
     */
    record Assessment(
            Optional<NativePlan> plan,
            List<String> reasons,
            List<String> warnings,
            Optional<String> disadvice,
            List<StepImpact> impacts) {
        public Assessment {
            impacts = List.copyOf(impacts);
            reasons = List.copyOf(reasons);
            warnings = List.copyOf(warnings);
        }
    }

    /**
     * One attempt at a BRIEF step. The application never waits behind it for longer than some ten milliseconds at a time. A
     * step that is found done is not done again.
     *
     * @param lockTimeout how long it asks for the table
     * @param recorder told of the step, in its transaction where the server's definitions have transactions
     * @return empty when it is done; else who was in the way, and nothing was changed
     * @throws ShooflyException REFUSED with the server's words; AMBIGUOUS or TRANSIENT when the connection was lost: repeat it
     */
    Optional<String> attempt(TableName source, NativeStep step, Duration lockTimeout, Recorder recorder);

    /**
     * Carries out a LONG step. Repeatable, also after the death of a process that was at it.
     *
     * @param recorder only asked: the caller records it
     * @param mayGoOn asked several times a second; when false, the step is given up and what was under way is undone
     * @return false when it was given up
     * @throws ShooflyException TRANSIENT when trying again may help; DATA when rows stand against it; REFUSED otherwise;
     *     SUPERSEDED when the calling thread was interrupted, with the step given up and the thread's flag set
     */
    boolean run(TableName source, NativeStep step, Duration lockTimeout, Recorder recorder, BooleanSupplier mayGoOn);

    /**
     * Whether the server shows the effect of a step although it may not be recorded. Never true before it is done. What a dead
     * process left running of it is ended first.
     */
    boolean isDone(TableName source, NativeStep step);

    /** Keeps what is done, on the connection that it is given. */
    interface Recorder {
        /** @throws ShooflyException SUPERSEDED when somebody else has taken over, or the migration is gone */
        boolean isRecorded(Connection connection) throws SQLException;

        /** @throws ShooflyException SUPERSEDED when somebody else has taken over */
        void record(Connection connection) throws SQLException;

        /** For what is taken back: it is forgotten with the migration. */
        Recorder NONE = new Recorder() {
            @Override
            public boolean isRecorded(Connection connection) {
                return false;
            }

            @Override
            public void record(Connection connection) {
                // See above.
            }
        };
    }

    /**
     * Takes steps back, the last one first. Repeatable.
     *
     * @param done steps
     * @param begun one that may be done or not; what a dead process left running of it is ended
     */
    void undo(TableName source, List<NativeStep> done, Optional<NativeStep> begun);
}
