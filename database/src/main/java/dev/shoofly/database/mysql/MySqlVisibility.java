package dev.shoofly.database.mysql;

import dev.shoofly.database.XaTransaction;
import dev.shoofly.database.connection.Pause;
import dev.shoofly.database.control.MarkerRows;
import dev.shoofly.model.ErrorKind;
import dev.shoofly.model.MigrationId;
import dev.shoofly.model.ShooflyException;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * Waits until readers see what the log has delivered: MySQL sends a transaction's events before it commits in InnoDB, and
 * a row read in between is the old one, with no later event to correct it. Callers hold no lock and no transaction.
 */
final class MySqlVisibility {
    private static final Duration SLICE = Duration.ofSeconds(1);
    private static final Duration LONGEST = Duration.ofSeconds(60);
    private static final double MILLIS_PER_SECOND = 1e3;
    private static final Duration POLL = Duration.ofMillis(2);
    private final MigrationId id;
    private final boolean byTransaction;
    private final Duration longest;

    /** @param byTransaction whether every transaction of the server has a GTID */
    MySqlVisibility(MigrationId id, boolean byTransaction) {
        this(id, byTransaction, LONGEST);
    }

    /** For who must not wait for a minute. */
    MySqlVisibility(MigrationId id, boolean byTransaction, Duration longest) {
        this.id = id;
        this.byTransaction = byTransaction;
        this.longest = longest;
    }

    static boolean hasGtids(Connection connection) throws SQLException {
        return MySqlCatalog.variable(connection, "gtid_mode").equals("ON");
    }

    /** @throws ShooflyException TRANSIENT after the longest time, with what is being waited for */
    void await(Connection connection, Set<String> transactions, long marker) throws SQLException {
        if (byTransaction) {
            awaitTransactions(connection, transactions);
        } else if (marker > 0) {
            awaitMarker(connection, marker);
        }
        awaitCommits(
                connection,
                transactions.stream()
                        .filter(XaTransaction::isIn)
                        .map(transaction -> XaTransaction.of(transaction).xid())
                        .collect(Collectors.toSet()));
    }

    private void awaitTransactions(Connection connection, Set<String> transactions) throws SQLException {
        String set = gtidSet(transactions);
        if (set.isEmpty()) {
            return;
        }
        long giveUpAt = System.nanoTime() + longest.toNanos();
        Duration slice = longest.compareTo(SLICE) < 0 ? longest : SLICE;
        // All of them: with binlog_order_commits=OFF the last one proves nothing about the earlier. 1 is a time-out.
        while (SqlText.of("SELECT WAIT_FOR_EXECUTED_GTID_SET(?, ?)", set, slice.toMillis() / MILLIS_PER_SECOND)
                        .list(connection, row -> row.getLong(1))
                        .get(0)
                != 0) {
            giveUpAfter(
                    giveUpAt,
                    "the transactions " + abbreviated(set) + " are in the binary log but not committed. Does a"
                            + " semi-synchronous replica fail to acknowledge?");
        }
    }

    /** {@code uuid:1:2:3}: one mention of each server (and tag). */
    static String gtidSet(Set<String> transactions) {
        TreeMap<String, List<String>> numbers = new TreeMap<>();
        for (String each : transactions) {
            String transaction =
                    XaTransaction.isIn(each) ? XaTransaction.of(each).gtid() : each;
            int colon = transaction.lastIndexOf(':');
            if (colon > 0) {
                numbers.computeIfAbsent(transaction.substring(0, colon), server -> new ArrayList<>())
                        .add(transaction.substring(colon + 1));
            }
        }
        return numbers.entrySet().stream()
                .map(server -> server.getKey() + ":" + String.join(":", server.getValue()))
                .collect(Collectors.joining(","));
    }

    /** Without GTIDs commits are visible in the log's order ({@code binlog_order_commits}), so a later marker proves it. */
    private void awaitMarker(Connection connection, long marker) throws SQLException {
        long giveUpAt = System.nanoTime() + longest.toNanos();
        while (MarkerRows.read(connection, id) < marker) {
            giveUpAfter(giveUpAt, "marker " + marker + " is in the binary log but not committed");
            Pause.exactly(POLL, "waiting for marker " + marker);
        }
    }

    /**
     * The commit of a prepared XA transaction may count as executed before its rows are visible. It was listed as prepared
     * long before, or the commit could not have been logged, and stays listed until readers see the rows.
     */
    private void awaitCommits(Connection connection, Set<String> xids) throws SQLException {
        long giveUpAt = System.nanoTime() + longest.toNanos();
        Set<String> remaining = xids;
        while (!remaining.isEmpty()) {
            Set<String> prepared = Set.copyOf(PreparedXa.list(connection));
            remaining = remaining.stream().filter(prepared::contains).collect(Collectors.toSet());
            if (!remaining.isEmpty()) {
                giveUpAfter(
                        giveUpAt,
                        "the XA transactions " + remaining
                                + " are committed in the binary log but still prepared on the"
                                + " server. Commit them or roll them back");
                Pause.exactly(POLL, "waiting for the commit of XA transactions");
            }
        }
    }

    private void giveUpAfter(long giveUpAt, String why) {
        if (System.nanoTime() - giveUpAt > 0) {
            throw new ShooflyException(
                    ErrorKind.TRANSIENT,
                    "migration " + id + " waited " + longest.toSeconds() + " s for changes to become visible: " + why
                            + ". Nothing of the batch was applied; it stays pending.");
        }
    }

    private static String abbreviated(String set) {
        return set.length() <= 200 ? set : set.substring(0, 200) + "…";
    }
}
