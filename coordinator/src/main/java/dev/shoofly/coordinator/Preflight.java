package dev.shoofly.coordinator;

import dev.shoofly.database.Database;
import dev.shoofly.model.ErrorKind;
import dev.shoofly.model.ShooflyException;
import dev.shoofly.model.TableName;
import java.util.List;

/** Refuses what cannot be migrated safely, with every reason at once. */
final class Preflight {
    private Preflight() {}

    static void check(Database database, TableName source) {
        List<String> findings = database.preparation().findings(source);
        if (!findings.isEmpty()) {
            throw new ShooflyException(
                    ErrorKind.REFUSED,
                    source + " cannot be migrated as things are (nothing was changed):\n  - "
                            + String.join("\n  - ", findings));
        }
    }
}
