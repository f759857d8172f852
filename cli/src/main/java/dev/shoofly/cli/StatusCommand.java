package dev.shoofly.cli;

import dev.shoofly.cli.screen.ProgressText;
import dev.shoofly.database.control.Migration;
import dev.shoofly.model.MigrationState;
import java.io.PrintStream;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Shows one migration, read from the control tables on the server. */
@Command(
        name = "status",
        header = "Show one migration.",
        description = {"The named one, else the only active one, else the newest."},
        footerHeading = "%nExamples:%n",
        footer = {
            "  shoofly status",
            "  shoofly status orders --json",
            "  shoofly status --url jdbc:mysql://127.0.0.1:3306/shop --user root --password-env PW k3mz8q2x"
        })
final class StatusCommand implements Callable<Integer> {
    private final Invocation invocation;

    @Mixin
    private final ConnectionOptions connection = new ConnectionOptions();

    @Mixin
    private final OutputOptions output = new OutputOptions();

    @Parameters(index = "0", arity = "0..1", paramLabel = "ID|TABLE", description = "A migration's id or its table.")
    private @Nullable String idOrTable;

    @Option(names = "--json", description = "Print one JSON object.")
    private boolean json;

    StatusCommand(Invocation invocation) {
        this.invocation = invocation;
    }

    @Override
    public Integer call() {
        output.logs(output.screen(invocation), invocation);
        try (ServerSession session = ServerSession.open(connection.settings(), invocation)) {
            Migration migration = session.choose(idOrTable);
            boolean running = !migration.state().isFinal() && session.control().isRunning(migration.id());
            MigrationView view = MigrationView.of(
                    migration,
                    session.misfits(migration),
                    running,
                    session.verification(migration),
                    session.reads(migration),
                    session.gates(migration),
                    session.apply(migration),
                    MigrationView.ThrottleStatus.of(session.throttle(migration).state()));
            if (json) {
                invocation.out().println(invocation.mask().apply(MigrationView.json(view)));
            } else {
                print(view, invocation.out());
            }
            return ExitCodes.DONE;
        }
    }

    private void print(MigrationView view, PrintStream out) {
        row(out, "migration", view.id());
        row(out, "table", view.table());
        row(out, "state", view.state() + (Boolean.TRUE.equals(view.running()) ? "" : " (no process runs it)"));
        if (view.reason() != null) {
            row(out, "reason", invocation.mask().apply(view.reason()));
        }
        row(out, "strategy", view.strategy());
        MigrationView.PartView part = view.part();
        if (part != null) {
            row(out, "part", part.number() + " of " + part.of() + " of one request (--split)");
        }
        MigrationView.StepsView steps = view.steps();
        if (steps != null) {
            row(
                    out,
                    "steps",
                    steps.done() + " of " + steps.names().size() + " done: " + String.join("; ", steps.names()));
            row(out, "cut-over", cutover(view.cutover()));
            gates(view, out);
            row(out, "owner", view.owner());
            row(out, "created", view.createdAt());
            return;
        }
        row(
                out,
                "copied",
                String.format(
                        Locale.ROOT,
                        "%.1f %% (%,d of %,d rows)",
                        view.progress().percent(),
                        view.progress().rowsCopied(),
                        view.progress().rowsTotal()));
        throttle(view, out);
        row(out, "keys applied", ProgressText.count(view.keysApplied()));
        row(out, "lag", view.lagMillis() == null ? "unknown" : ProgressText.millis(view.lagMillis()));
        row(
                out,
                "verified",
                ProgressText.count(view.rowsVerified()) + " rows, " + ProgressText.count(view.mismatches())
                        + " mismatches");
        if (view.verification() != null) {
            row(out, "compared", view.verification().text());
        }
        if (view.reads() != null) {
            row(out, "reads", view.reads().text());
        }
        row(out, "cut-over", cutover(view.cutover()));
        gates(view, out);
        row(out, "shadow", view.shadow());
        row(out, "old table", view.old() + retention(view));
        if (view.apply() != null) {
            row(out, "appliers", view.apply().appliersText());
            row(out, "topic", view.apply().topicText());
        }
        row(out, "rollback", rollback(view));
        if (view.forwardUntil() != null) {
            row(
                    out,
                    "rolled back",
                    "goes forward again by 'cutover', until " + view.forwardUntil()
                            + "; then it ends, with 'resume' if no process runs it");
        }
        row(out, "owner", view.owner());
        row(out, "created", view.createdAt());
    }

    private void gates(MigrationView view, PrintStream out) {
        if (view.gates() != null) {
            view.gates()
                    .forEach(gate ->
                            row(out, "- " + gate.gate(), invocation.mask().apply(gate.text())));
        }
    }

    private static String retention(MigrationView view) {
        MigrationView.RetentionView retention = view.retention();
        return retention == null
                ? ""
                : retention.dropped() ? " (dropped)" : ", kept until " + retention.dropAt() + " and dropped then";
    }

    private static String rollback(MigrationView view) {
        MigrationView.WindowView window = view.rollbackWindow();
        if (window == null) {
            return view.rollback().name();
        }
        return view.rollback()
                + (window.open() && window.endsAt() != null ? " until " + window.endsAt() : "")
                + (window.requested() ? ", asked for" : "")
                + (window.reasons().isEmpty() ? "" : ": " + String.join("; ", window.reasons()));
    }

    private static void throttle(MigrationView view, PrintStream out) {
        MigrationView.ThrottleStatus throttle = view.throttle();
        if (throttle == null) {
            return;
        }
        boolean works = view.state() == MigrationState.COPYING || view.state() == MigrationState.VALIDATING;
        if (works && Boolean.TRUE.equals(view.running())) {
            row(out, "speed", ProgressText.speed(throttle.fraction(), throttle.heldBackBy()));
        }
        if (throttle.throttledMillis() > 0) {
            row(out, "held back", ProgressText.millis(throttle.throttledMillis()) + " so far");
        }
    }

    private static String cutover(MigrationView.CutoverView cutover) {
        String mode = cutover.mode().toLowerCase(Locale.ROOT) + (cutover.approved() ? ", approved" : "");
        String attempts = cutover.attempts() == 0 ? "" : ", attempts: " + cutover.attempts();
        return mode
                + attempts
                + (cutover.lockedMillis() == null ? "" : ", locked for " + ProgressText.millis(cutover.lockedMillis()));
    }

    private static void row(PrintStream out, String name, String value) {
        if (!value.isEmpty()) {
            out.printf("%-13s %s%n", name, value);
        }
    }
}
