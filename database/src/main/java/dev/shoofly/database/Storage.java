package dev.shoofly.database;

import dev.shoofly.database.disk.TableSize;
import dev.shoofly.database.disk.Whereabouts;
import dev.shoofly.model.ShooflyException;
import dev.shoofly.model.TableName;

/** What tables take on the server's disks, and what the server tells of those disks. Any thread. */
public interface Storage {

    /**
     * Exact to some pages. On a MySQL server with very many tables this takes a while: not for every few seconds.
     *
     * @return zero for a table that does not exist
     */
    TableSize measure(TableName table);

    /** As {@link #measure}, from statistics that may be behind by a tenth. Cheap. */
    TableSize glance(TableName table);

    /** Where the shadow of this table, the log and the sort files go, if these are directories of this host. */
    Whereabouts whereabouts(TableName source);

    /** At most so many bytes of log lie on the server's disk after a copy of so many bytes. */
    long logBytes(TableSize copied);

    /**
     * Runs the operator's query.
     *
     * @throws ShooflyException REFUSED when it fails or yields no number of bytes; TRANSIENT when the connection is lost
     */
    long freeBytes(String query);
}
