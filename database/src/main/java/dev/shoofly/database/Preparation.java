package dev.shoofly.database;

import dev.shoofly.model.MigrationId;
import dev.shoofly.model.MigrationPlan;
import dev.shoofly.model.MigrationSpec;
import dev.shoofly.model.ShooflyException;
import dev.shoofly.model.TableName;
import java.util.List;

/** Everything that is asked and made before the first row is copied. */
public interface Preparation {

    /**
     * Connects and finds the table.
     *
     * @param table {@code name} or {@code schema.name}, as the catalog spells it; optionally quoted in the server's way
     * @throws ShooflyException REFUSED: wrong credentials, unknown database or table, not an ordinary table
     */
    TableName resolve(String table);

    /**
     * Checks what {@link ControlTables#install} and everything after it needs: server version and settings, privileges of
     * the user (named, with the GRANT that cures each), the table's shape (a usable key, nothing attached that is not
     * carried over). Changes nothing.
     *
     * @return every finding, each worded with its remedy; empty: fit
     */
    List<String> findings(TableName source);

    /**
     * What a shadow of the table brings with it that somebody may not expect. Changes nothing.
     *
     * @return each a sentence without its stop
     */
    default List<String> warnings(TableName source) {
        return List.of();
    }

    /**
     * What of the table, and of what hangs on it, a shadow takes over, as it is now. Changes nothing.
     *
     * @throws ShooflyException REFUSED: there is no such table
     */
    TableTies ties(TableName source);

    /**
     * Creates the shadow from the source's definition and the spec's ALTERs, and finds the projection and the shared key.
     * Repeatable: what an interrupted call left under the same id is removed first. The source is only read.
     *
     * @throws ShooflyException REFUSED: the server refuses the ALTER (its words are in the message), the ALTER renames the
     *     table, no shared unique key (with the reason for each candidate)
     */
    MigrationPlan createShadow(MigrationId id, TableName source, MigrationSpec spec);

    /**
     * Makes a shadow as {@link #createShadow} does, copies the first rows into it in one transaction and takes it away again.
     *
     * @param rows at most
     * @throws ShooflyException as {@link #createShadow}
     */
    ShadowTrial tryShadow(MigrationId id, TableName source, MigrationSpec spec, int rows);

    /**
     * Reads the first rows.
     *
     * @param rows at most
     */
    ReadSample read(TableName source, int rows);

    /** Drops the shadow of this id and whatever else {@link #createShadow} made; never the old table. Repeatable. */
    void dropShadow(MigrationId id, TableName source);

    /** The server's estimate of the number of rows; not negative. */
    long estimateRows(TableName source);
}
