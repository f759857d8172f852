package dev.shoofly.database;

import dev.shoofly.model.MigrationId;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What the server is fit for, and what earlier migrations left there. Reads only. Any thread. */
public interface ServerCheck {

    /** Of server and user, whatever the table: each finding worded with its remedy; empty: fit. */
    List<String> findings();

    /** Everything that bears a name which only a migration gives, whether the migration still lives or not. */
    List<Trace> traces();

    /**
     * Something on the server that belongs to a migration.
     *
     * @param id of the migration
     * @param what kind and name
     * @param kept whether it stays after a migration that went well
     * @param removal the statement that removes it; null: nothing does by itself
     */
    record Trace(
            MigrationId id,
            String what,
            boolean kept,
            @Nullable String removal) {}
}
