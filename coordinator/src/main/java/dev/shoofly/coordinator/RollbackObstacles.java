package dev.shoofly.coordinator;

import dev.shoofly.database.control.ControlTables;
import dev.shoofly.database.control.Migration;
import dev.shoofly.model.GateReport;
import java.util.function.Consumer;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** What a rollback that another process performs waits for, told whenever it is something else. One thread. */
final class RollbackObstacles {
    /** They change at every look. */
    private static final Pattern TIMES = Pattern.compile("\\d+ m?s\\b|attempt \\d+");

    private final ControlTables control;
    private final Consumer<String> told;
    private String latest = "";

    RollbackObstacles(ControlTables control, Consumer<String> told) {
        this.control = control;
        this.told = told;
    }

    /** @param migration as it was read a moment ago */
    void look(Migration migration) {
        if (!migration.rollback().requested()) {
            return;
        }
        String words = words(migration);
        boolean another = !withoutTimes(words).equals(withoutTimes(latest));
        latest = words;
        if (another && !words.isEmpty()) {
            told.accept(words);
        }
    }

    private String words(Migration migration) {
        String gates = control.gates().find(migration.id()).reports().stream()
                .filter(GateReport::blocks)
                .map(gate -> gate.gate().key() + ": " + gate.reason() + ". To do: " + gate.remedy())
                .collect(Collectors.joining("; "));
        if (!gates.isEmpty()) {
            return "rollback waits for " + gates;
        }
        String reason = migration.reason();
        // Any other is of something else: what the swap left to do.
        return reason != null && reason.startsWith("rollback ") ? reason : "";
    }

    private static String withoutTimes(String words) {
        return TIMES.matcher(words).replaceAll("");
    }

    /** To be added to a sentence; empty: nothing is known. */
    String latest() {
        return latest.isEmpty() ? "" : ": " + latest;
    }
}
