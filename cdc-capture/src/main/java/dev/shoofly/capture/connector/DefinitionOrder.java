package dev.shoofly.capture.connector;

import io.debezium.connector.binlog.BinlogOffsetContext;
import io.debezium.connector.mysql.gtid.MySqlGtidSet;
import io.debezium.document.Document;
import io.debezium.relational.history.HistoryRecord;
import io.debezium.relational.history.HistoryRecordComparator;
import org.jspecify.annotations.Nullable;

/**
 * Whether a definition stands before the place where the reading of MySQL's log begins again. Debezium's own order is wrong in
 * two cases.
 *
 * <p>With GTIDs a statement is written down, and a position behind it saved, under the set of transactions <em>before</em> it. At
 * equal sets it is read again.
 *
 * <p>Without GTIDs Debezium takes every statement for older when one of the two positions does not name the server, as the first
 * one after a start does not. The positions themselves tell.
 */
final class DefinitionOrder extends HistoryRecordComparator {
    private static final String SERVER = "server_id";
    private static final String FILE = "file";
    private static final String POSITION = "pos";

    private final HistoryRecordComparator debezium;

    DefinitionOrder(HistoryRecordComparator debezium) {
        this.debezium = debezium;
    }

    @Override
    public boolean isAtOrBefore(HistoryRecord recorded, HistoryRecord desired) {
        Document statement = position(recorded);
        Document start = position(desired);
        String before = statement.getString(BinlogOffsetContext.GTID_SET_KEY);
        String done = start.getString(BinlogOffsetContext.GTID_SET_KEY);
        if (before == null && done == null && !areOtherServers(statement, start)) {
            return isFileAtOrBefore(statement, start);
        }
        // What the first reading of all definitions found is in no log.
        boolean readAgain = !statement.has("snapshot") && isSameSet(before, done);
        return !readAgain && debezium.isAtOrBefore(recorded, desired);
    }

    private static Document position(HistoryRecord record) {
        return record.document().getDocument(HistoryRecord.Fields.POSITION);
    }

    /** Sets, not texts: which of two servers is named first changes with a restart. */
    private static boolean isSameSet(@Nullable String one, @Nullable String other) {
        return one != null && other != null && new MySqlGtidSet(one).equals(new MySqlGtidSet(other));
    }

    private static boolean areOtherServers(Document one, Document other) {
        int first = one.getInteger(SERVER, 0);
        int second = other.getInteger(SERVER, 0);
        return first != 0 && second != 0 && first != second;
    }

    /** A statement's position is its end, so a start there does not read it again. */
    private static boolean isFileAtOrBefore(Document statement, Document start) {
        long file = number(statement.getString(FILE));
        long startFile = number(start.getString(FILE));
        return file < startFile || file == startFile && statement.getLong(POSITION, -1) <= start.getLong(POSITION, -1);
    }

    private static long number(String file) {
        return Long.parseLong(file.substring(file.lastIndexOf('.') + 1));
    }
}
