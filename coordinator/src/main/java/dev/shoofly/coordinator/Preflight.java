package dev.shoofly.coordinator;

import dev.shoofly.database.Database;
import dev.shoofly.database.throttle.ServerLoad;
import dev.shoofly.model.ErrorKind;
import dev.shoofly.model.ShooflyException;
import dev.shoofly.model.TableName;
import dev.shoofly.model.throttle.ThrottleSettings;
import java.util.ArrayList;
import java.util.List;

/** Refuses what cannot be migrated safely, with every reason at once. */
final class Preflight {
    private Preflight() {}

    /** Refuses limits that cannot be kept an eye on: nobody would notice that they are not. */
    static void check(Database database, ThrottleSettings throttle) {
        List<String> findings = new ArrayList<>(throttle.problems());
        try (ServerLoad load = database.load()) {
            findings.addAll(load.findings(throttle));
            findings.addAll(load.replicaFindings(throttle));
        }
        if (!findings.isEmpty()) {
            throw new ShooflyException(
                    ErrorKind.REFUSED,
                    "the server's load cannot be watched as asked for (nothing was changed):\n  - "
                            + String.join("\n  - ", findings));
        }
    }

    static void check(Database database, TableName source) {
        check(database, source, List.of());
    }

    /** @param whyShadow why the server cannot do it by itself; empty: not said */
    static void check(Database database, TableName source, List<String> whyShadow) {
        List<String> findings = database.preparation().findings(source);
        if (!findings.isEmpty()) {
            throw new ShooflyException(
                    ErrorKind.REFUSED,
                    source + " cannot be migrated as things are (nothing was changed):\n  - "
                            + String.join("\n  - ", findings)
                            + (whyShadow.isEmpty()
                                    ? ""
                                    : "\nA shadow is needed because " + String.join("; ", whyShadow) + "."));
        }
    }
}
