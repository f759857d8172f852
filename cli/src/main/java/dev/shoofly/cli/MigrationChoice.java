package dev.shoofly.cli;

import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Parameters;

/** Which migration a verb means. */
final class MigrationChoice {
    @Parameters(
            index = "0",
            arity = "0..1",
            paramLabel = "ID|TABLE",
            description = {"A migration's id or its table; may be left out when only one is active."})
    private @Nullable String idOrTable;

    /** Null: the only active one. */
    @Nullable
    String idOrTable() {
        return idOrTable;
    }
}
