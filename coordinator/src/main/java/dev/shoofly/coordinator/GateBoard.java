package dev.shoofly.coordinator;

import dev.shoofly.database.connection.Retry;
import dev.shoofly.database.connection.SqlErrors;
import dev.shoofly.database.control.GateRows;
import dev.shoofly.model.CutoverConditions;
import dev.shoofly.model.CutoverWindow;
import dev.shoofly.model.GateName;
import dev.shoofly.model.GateReport;
import dev.shoofly.model.MigrationState;
import dev.shoofly.model.ShooflyException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The gates that the operator holds, which of all gates are skipped, and what was last found of each, for {@code status}.
 * Thread-safe.
 */
final class GateBoard {
    private static final Logger LOG = LoggerFactory.getLogger(GateBoard.class);
    private final RunContext context;
    private final InstantSource clock;
    private final @Nullable CutoverWindow window;
    private final @Nullable Path postponeFile;
    private final Set<GateName> forcedAtStart;
    private volatile Set<GateName> forced;
    /** Whether somebody may have said since what is to be skipped. */
    private volatile boolean unread;

    private volatile List<GateReport> shown = List.of();

    GateBoard(RunContext context, InstantSource clock) {
        this(context, clock, context.migration().spec().cutover().conditions());
    }

    private GateBoard(RunContext context, InstantSource clock, CutoverConditions conditions) {
        this.context = context;
        this.clock = clock;
        this.window = conditions.window() == null ? null : CutoverWindow.parse(conditions.window());
        this.postponeFile = conditions.postponeFile() == null ? null : Path.of(conditions.postponeFile());
        this.forcedAtStart = Set.copyOf(conditions.forced());
        this.forced = forcedAtStart;
    }

    /** Of a rollback: whoever wants the old table back wants it now, and nothing is skipped for it. */
    static GateBoard ofRollback(RunContext context, InstantSource clock) {
        return new GateBoard(context, clock, CutoverConditions.DEFAULT);
    }

    /** A word for the cut-over may have come with gates to skip: they are read before the gates are looked at next. */
    void expectForced() {
        unread = true;
    }

    /** Somebody may have said meanwhile what is to be skipped. */
    void hearForced() {
        GateRows.Gates gates = context.control().gates().find(context.id());
        Set<GateName> all = EnumSet.noneOf(GateName.class);
        all.addAll(forcedAtStart);
        all.addAll(gates.forced());
        if (!all.equals(forced)) {
            LOG.warn(
                    "the cut-over of {} skips the gates {}",
                    context.source(),
                    String.join(", ", all.stream().map(GateName::key).toList()));
        }
        forced = Set.copyOf(all);
        context.lifecycle().noted();
    }

    boolean isForced(GateName gate) {
        return forced.contains(gate);
    }

    private void hearUnread() {
        if (!unread) {
            return;
        }
        // First: what is said from now on is read again.
        unread = false;
        try {
            hearForced();
        } catch (ShooflyException e) {
            unread = true;
            if (!SqlErrors.isTransient(e)) {
                throw e;
            }
            LOG.debug("which gates are skipped was not read this time: {}", e.getMessage());
        }
    }

    /** How the operator's own gates are at this moment; those that were never asked for are left out. */
    List<GateReport> operators() {
        hearUnread();
        List<GateReport> found = new ArrayList<>();
        if (window != null) {
            found.add(
                    isForced(GateName.WINDOW)
                            ? GateReport.forced(GateName.WINDOW)
                            : window.report(clock.instant(), context.id().value()));
        }
        if (postponeFile != null) {
            found.add(isForced(GateName.POSTPONE) ? GateReport.forced(GateName.POSTPONE) : postponed(postponeFile));
        }
        return found;
    }

    /** A file that cannot be looked for may be there. */
    private GateReport postponed(Path file) {
        return Files.notExists(file)
                ? GateReport.open(GateName.POSTPONE)
                : GateReport.shut(
                        GateName.POSTPONE,
                        "the file " + file + " exists",
                        "remove it, or 'shoofly cutover " + context.id() + " --force postpone'");
    }

    /** Before somebody has given the word. */
    void showWaitingForApproval() {
        List<GateReport> found = new ArrayList<>();
        found.add(GateReport.shut(
                GateName.APPROVAL,
                "--cutover manual was asked for, or the old table was brought back",
                "'shoofly cutover " + context.id() + "'"));
        found.addAll(operators());
        show(found);
    }

    /** What was found is of another swap, or of nobody's any more. */
    void clear() {
        Retry.OUTLAST_RESTART.call("forgetting how the gates of " + context.source() + " were", () -> {
            context.control().gates().save(context.id(), context.lifecycle().epoch(), List.of());
            return true;
        });
        shown = List.of();
    }

    /** Saves it where it differs from what was saved last. */
    void show(List<GateReport> found) {
        if (found.equals(shown) || context.lifecycle().state() == MigrationState.PAUSED) {
            return;
        }
        try {
            context.control().gates().save(context.id(), context.lifecycle().epoch(), found);
            shown = List.copyOf(found);
        } catch (ShooflyException e) {
            if (!SqlErrors.isTransient(e)) {
                throw e;
            }
            LOG.debug("the gates were not saved this time: {}", e.getMessage());
        }
    }
}
