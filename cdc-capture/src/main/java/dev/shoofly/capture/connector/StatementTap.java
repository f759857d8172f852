package dev.shoofly.capture.connector;

import com.github.shyiko.mysql.binlog.BinaryLogClient;
import com.github.shyiko.mysql.binlog.event.Event;
import com.github.shyiko.mysql.binlog.event.EventData;
import com.github.shyiko.mysql.binlog.event.EventType;
import com.github.shyiko.mysql.binlog.event.GtidEventData;
import com.github.shyiko.mysql.binlog.event.GtidTaggedEventData;
import com.github.shyiko.mysql.binlog.event.QueryEventData;
import com.github.shyiko.mysql.binlog.event.TransactionPayloadEventData;
import com.github.shyiko.mysql.binlog.event.XAPrepareEventData;
import com.github.shyiko.mysql.binlog.event.deserialization.EventDeserializer.EventDataWrapper;
import dev.shoofly.capture.event.LoggedStatement;
import dev.shoofly.capture.event.LoggedStatement.Kind;
import java.util.Locale;
import java.util.function.Consumer;
import org.apache.kafka.connect.source.SourceRecord;

/**
 * Hears every event of the binary log on the reader's thread, the one that queues the rows, and queues what matters beside
 * them: so each statement keeps its place among the rows.
 *
 * <p>In the log an XA transaction is {@code XA START}, rows, {@code XA END} and the event of its PREPARE. With compression
 * all of them are inside one event, which this object may see before Debezium has unpacked its rows: so the end is told at
 * the begin of the next transaction, not at the PREPARE.
 */
final class StatementTap implements BinaryLogClient.EventListener {
    private static final String XA_START = "XA START ";
    private static final String XA_COMMIT = "XA COMMIT ";
    private static final String XA_ROLLBACK = "XA ROLLBACK ";

    private final String table;
    private final Sink sink;
    private final Consumer<Exception> failure;
    private String gtid = "";
    private long micros;
    private boolean inXa;
    private boolean onePhase;

    /** Debezium's queue; may wait for room. */
    @FunctionalInterface
    interface Sink {
        void put(SourceRecord record) throws InterruptedException;
    }

    /**
     * @param table statements that do not contain its name do not matter
     * @param failure told what cannot be thrown: the reader passes over exceptions of its listeners
     */
    StatementTap(String table, Sink sink, Consumer<Exception> failure) {
        this.table = table.toLowerCase(Locale.ROOT);
        this.sink = sink;
        this.failure = failure;
    }

    @Override
    public void onEvent(Event event) {
        try {
            hear(event);
        } catch (InterruptedException e) {
            // Debezium stops its reader.
            Thread.currentThread().interrupt();
        } catch (RuntimeException e) {
            failure.accept(e);
        }
    }

    private void hear(Event event) throws InterruptedException {
        EventType type = event.getHeader().getEventType();
        EventData data = event.getData();
        if (data instanceof EventDataWrapper wrapper) {
            data = wrapper.getInternal();
        }
        if (type == EventType.GTID || type == EventType.ANONYMOUS_GTID || type == EventType.GTID_TAGGED) {
            beginTransaction(data, event.getHeader().getTimestamp());
        } else if (data instanceof QueryEventData query) {
            hear(query);
        } else if (data instanceof XAPrepareEventData prepare) {
            onePhase = prepare.isOnePhase();
        } else if (data instanceof TransactionPayloadEventData payload) {
            for (Event each : payload.getUncompressedEvents()) {
                hear(each);
            }
        }
    }

    /** Each transaction begins with one of these events, also when the server gives no GTIDs. */
    private void beginTransaction(EventData data, long timestampMillis) throws InterruptedException {
        if (inXa) {
            put(onePhase ? Kind.XA_ENDS_COMMITTED : Kind.XA_ENDS, "", "");
        }
        inXa = false;
        onePhase = false;
        gtid = "";
        micros = timestampMillis * 1_000;
        if (data instanceof GtidEventData plain) {
            gtid = String.valueOf(plain.getMySqlGtid());
        } else if (data instanceof GtidTaggedEventData tagged) {
            gtid = String.valueOf(tagged.getMySqlGtid());
        }
    }

    private void hear(QueryEventData query) throws InterruptedException {
        String sql = query.getSql().strip();
        String database = query.getDatabase() == null ? "" : query.getDatabase();
        if (sql.startsWith(XA_START)) {
            inXa = true;
            put(Kind.XA_BEGINS, sql.substring(XA_START.length()), database);
        } else if (sql.startsWith(XA_COMMIT)) {
            put(Kind.XA_DECIDED, sql.substring(XA_COMMIT.length()), database);
        } else if (sql.startsWith(XA_ROLLBACK)) {
            put(Kind.XA_DECIDED, sql.substring(XA_ROLLBACK.length()), database);
        } else if (sql.toLowerCase(Locale.ROOT).contains(table)) {
            put(Kind.OTHER, sql, database);
        }
    }

    private void put(Kind kind, String text, String database) throws InterruptedException {
        sink.put(new LoggedStatement(kind, text, database, gtid, micros).toRecord());
    }
}
