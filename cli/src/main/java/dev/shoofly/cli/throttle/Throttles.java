package dev.shoofly.cli.throttle;

import dev.shoofly.cli.input.ThrottleChange;
import dev.shoofly.database.Database;
import dev.shoofly.database.control.Migration;
import dev.shoofly.database.control.ThrottleRows;
import dev.shoofly.database.throttle.ServerLoad;
import dev.shoofly.model.ErrorKind;
import dev.shoofly.model.ShooflyException;
import dev.shoofly.model.throttle.ThrottleSettings;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BiFunction;

/** Shows and changes how much load the migrations of a server may make. For any thread. */
public final class Throttles {
    private final Database database;

    public Throttles(Database database) {
        this.database = database;
    }

    public ThrottleView view(Migration migration) {
        return ThrottleView.of(migration, row(migration));
    }

    private ThrottleRows.Row row(Migration migration) {
        return database.control().throttle().find(migration.id());
    }

    /**
     * @return what the operator should know although it was changed
     * @throws ShooflyException REFUSED, with everything that speaks against it; nothing was changed
     */
    public List<String> change(Migration migration, ThrottleChange change) {
        if (migration.state().isFinal()) {
            throw new ShooflyException(
                    ErrorKind.REFUSED,
                    "migration " + migration.id() + " of " + migration.source() + " is " + migration.state()
                            + ": there is nothing to slow down. Nothing was changed.");
        }
        ThrottleSettings now = row(migration).settings();
        ThrottleSettings next = change.applyTo(now);
        List<String> findings = difference(now, next, ServerLoad::findings);
        if (!findings.isEmpty()) {
            throw new ShooflyException(
                    ErrorKind.REFUSED,
                    "the throttle of migration " + migration.id() + " was not changed:\n  - "
                            + String.join("\n  - ", findings));
        }
        List<String> warnings = newReplicaFindings(now, next);
        database.control().throttle().change(migration.id(), change::applyTo);
        return warnings;
    }

    /** Of replicas, seen from this host. */
    private List<String> newReplicaFindings(ThrottleSettings now, ThrottleSettings next) {
        if (now.replicas().equals(next.replicas())) {
            return List.of();
        }
        return difference(now, next, ServerLoad::replicaFindings).stream()
                .map(finding -> finding
                        + ". Seen from this host; where the migration runs it may be otherwise. Until it is reached from"
                        + " there, nothing is copied.")
                .toList();
    }

    /** What speaks against the next settings that did not speak against those in force. */
    private List<String> difference(
            ThrottleSettings now,
            ThrottleSettings next,
            BiFunction<ServerLoad, ThrottleSettings, List<String>> findings) {
        try (ServerLoad load = database.load()) {
            List<String> found = new ArrayList<>(findings.apply(load, next));
            if (!found.isEmpty()) {
                found.removeAll(findings.apply(load, now));
            }
            return found;
        }
    }
}
