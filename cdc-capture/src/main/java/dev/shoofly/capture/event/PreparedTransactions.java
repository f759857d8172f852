package dev.shoofly.capture.event;

import dev.shoofly.database.XaTransaction;
import dev.shoofly.model.ChangeRecord;
import dev.shoofly.model.ChangeRecord.DirtyKey;
import dev.shoofly.model.ErrorKind;
import dev.shoofly.model.MigrationPlan;
import dev.shoofly.model.RowKey;
import dev.shoofly.model.ShooflyException;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Holds back the keys of XA transactions until they are decided. MySQL logs their rows when they are prepared, under a GTID
 * that counts as executed at once, while readers see the rows after the commit only, whose entry in the log has no rows:
 * keys sent at the first moment would be reconciled too early and never again. Nor does {@code XA RECOVER} help at that
 * moment, because a server may list the transaction later than it logs it.
 *
 * <p>As long as {@link #isHolding}, the saved position must not move, so that a restart reads the keys again.
 */
final class PreparedTransactions {
    /** About 100 MB of keys. */
    static final int MOST_KEYS = 500_000;

    private final MigrationPlan plan;
    private final Map<String, Set<RowKey>> held = new HashMap<>();
    private @Nullable LoggedStatement open;
    private int keys;

    PreparedTransactions(MigrationPlan plan) {
        this.plan = plan;
    }

    boolean isHolding() {
        return open != null || !held.isEmpty();
    }

    /**
     * @return whether the key is kept back, because the rows that are being read belong to an XA transaction
     * @throws ShooflyException REFUSED when too many are
     */
    boolean hold(RowKey key) {
        LoggedStatement transaction = open;
        if (transaction == null) {
            return false;
        }
        if (held.computeIfAbsent(transaction.text(), xid -> new LinkedHashSet<>())
                .add(key)) {
            keys++;
        }
        if (keys > MOST_KEYS) {
            throw new ShooflyException(
                    ErrorKind.REFUSED,
                    "the capture of " + plan.source() + " stopped: XA transactions that are not decided yet, the last "
                            + transaction.text() + ", changed more than " + MOST_KEYS
                            + " of its rows, which is more than can be kept in mind. The table is untouched. Commit them"
                            + " or roll them back, then resume; or change fewer rows in one XA transaction.");
        }
        return true;
    }

    /** @param into receives the keys that are free to go */
    void read(LoggedStatement statement, Consumer<ChangeRecord> into) {
        switch (statement.kind()) {
            case XA_BEGINS -> open = statement;
            case XA_ENDS -> open = null;
            case XA_ENDS_COMMITTED -> {
                LoggedStatement begun = open;
                open = null;
                if (begun != null) {
                    release(begun.text(), begun.transaction(), begun.commitMicros(), into);
                }
            }
            case XA_DECIDED ->
                // After a rollback too: one question more to the source does no harm.
                release(
                        statement.text(),
                        new XaTransaction(statement.transaction(), statement.text()).toText(),
                        statement.commitMicros(),
                        into);
            case OTHER -> throw new IllegalArgumentException(statement.text());
        }
    }

    private void release(String xid, String transaction, long commitMicros, Consumer<ChangeRecord> into) {
        Set<RowKey> free = held.remove(xid);
        if (free != null) {
            keys -= free.size();
            free.forEach(key -> into.accept(new DirtyKey(key, transaction, commitMicros)));
        }
    }
}
