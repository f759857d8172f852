package dev.shoofly.cli;

import dev.shoofly.cli.logging.SecretMask;
import dev.shoofly.cli.run.MigrationProcess;
import dev.shoofly.cli.screen.ProgressText;
import dev.shoofly.cli.screen.Screen;
import dev.shoofly.coordinator.MigrationSnapshot;
import dev.shoofly.model.Strategy;
import java.util.Optional;

/** The last words of a verb that ran a migration: how it ended and what to do next. */
final class OutcomeReport {
    private final Screen screen;
    private final SecretMask mask;

    OutcomeReport(Screen screen, SecretMask mask) {
        this.screen = screen;
        this.mask = mask;
    }

    void show(MigrationProcess.Result result) {
        String who = result.last()
                .map(last -> "migration " + last.id() + " of " + last.table())
                .orElse("the migration");
        String id = result.last().map(last -> last.id().value()).orElse("ID");
        switch (result.outcome()) {
            case COMPLETED -> screen.say(who + " is complete" + summary(result.last()));
            case READY_DETACHED ->
                screen.say(who + " is ready. Changes wait in the server's log until it goes on: 'shoofly cutover " + id
                        + "' brings it up to date and swaps.");
            case FAILED ->
                screen.warn(mask.apply("shoofly: " + who + " failed: " + reason(result.last())
                        + kept(result.last()) + " Remove the cause and run 'shoofly resume " + id
                        + "', or 'shoofly cancel " + id + "' to drop every trace."));
            case VERIFICATION_FAILED ->
                screen.warn(mask.apply("shoofly: " + who + " failed its verification: " + reason(result.last())
                        + " Nothing was swapped; the table is as it was. The rows are listed in"
                        + " shoofly.validation_details on the server. 'shoofly resume " + id
                        + "' verifies again, 'shoofly cancel " + id + "' drops every trace."));
            case ROLLED_BACK ->
                screen.warn(
                        who + " was rolled back: the old table is in use again, with everything that was written since"
                                + " the swap. The new one is kept as " + undone(result.last())
                                + " (from a second rollback on with its number) until you drop it.");
            case CANCELLED -> screen.warn(who + " was cancelled");
            case INTERRUPTED ->
                screen.warn(
                        who + " was interrupted; its state is kept. Continue with the same command or 'shoofly resume "
                                + id + "', or end it with 'shoofly cancel " + id + "'.");
        }
    }

    private static String undone(Optional<MigrationSnapshot> last) {
        return last.map(seen -> "_" + seen.table().table() + "_" + seen.id() + "_undone")
                .orElse("_…_undone");
    }

    private static String reason(Optional<MigrationSnapshot> last) {
        String reason = last.map(MigrationSnapshot::reason).orElse(null);
        if (reason == null) {
            return "no reason was recorded.";
        }
        return reason.endsWith(".") ? reason : reason + ".";
    }

    private static String kept(Optional<MigrationSnapshot> last) {
        return isByServer(last) ? " What was begun is kept." : " The table is as it was.";
    }

    private static boolean isByServer(Optional<MigrationSnapshot> last) {
        return last.filter(seen -> seen.strategy() != Strategy.SHADOW).isPresent();
    }

    private static String summary(Optional<MigrationSnapshot> last) {
        if (isByServer(last)) {
            return last.map(seen -> ": altered by the server itself (" + seen.strategy() + "), "
                            + ProgressText.duration(seen.elapsed()) + " in all")
                    .orElse("");
        }
        return last.map(seen -> ": " + ProgressText.count(seen.rowsCopied()) + " rows copied, "
                        + ProgressText.count(seen.keysApplied()) + " keys applied, "
                        + ProgressText.count(seen.mismatches()) + " mismatches"
                        + (seen.lockedMillis() < 0
                                ? ""
                                : ", table locked for " + ProgressText.millis(seen.lockedMillis()))
                        + ", " + ProgressText.duration(seen.elapsed()) + " in all")
                .orElse("");
    }
}
