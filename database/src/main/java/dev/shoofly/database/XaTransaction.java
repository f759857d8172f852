package dev.shoofly.database;

/**
 * Names the commit of a prepared XA transaction of MySQL in {@code ChangeRecord.DirtyKey.transaction}: its rows are visible
 * when the GTID is executed and {@code XA RECOVER} no longer lists it.
 *
 * @param gtid of the commit; empty without GTIDs
 * @param xid in the words of the XA statements: {@code X'6162',X'',1}
 */
public record XaTransaction(String gtid, String xid) {
    /** Occurs neither in a GTID nor in an xid. */
    private static final char SEPARATOR = '@';

    /** Whether the text names such a commit; otherwise it is a GTID or empty. */
    public static boolean isIn(String transaction) {
        return transaction.indexOf(SEPARATOR) >= 0;
    }

    /** @throws IllegalArgumentException when it does not name one */
    public static XaTransaction of(String transaction) {
        int at = transaction.indexOf(SEPARATOR);
        if (at < 0) {
            throw new IllegalArgumentException(transaction);
        }
        return new XaTransaction(transaction.substring(0, at), transaction.substring(at + 1));
    }

    public String toText() {
        return gtid + SEPARATOR + xid;
    }
}
