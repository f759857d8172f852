package dev.shoofly.capture;

import dev.shoofly.capture.event.ChangeReader;
import dev.shoofly.capture.event.LoggedStatement;
import dev.shoofly.capture.event.ResumePosition;
import dev.shoofly.capture.publish.ChangePublisher;
import dev.shoofly.model.ChangeRecord;
import dev.shoofly.model.FaultPoints;
import dev.shoofly.model.MigrationMetrics;
import io.debezium.engine.DebeziumEngine.ChangeConsumer;
import io.debezium.engine.DebeziumEngine.RecordCommitter;
import io.debezium.engine.RecordChangeEvent;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.connect.source.SourceRecord;

/**
 * What happens to each batch, on Debezium's polling thread: read, publish, and only then let the position move. A crash
 * anywhere in between repeats changes and loses none.
 */
final class BatchHandler implements ChangeConsumer<RecordChangeEvent<SourceRecord>> {
    private final ChangeReader reader;
    private final ChangePublisher publisher;
    private final ResumePosition<RecordChangeEvent<SourceRecord>> position = new ResumePosition<>();
    private final Liveness liveness;
    private final MigrationMetrics metrics;
    private final FaultPoints faultPoints;

    BatchHandler(
            ChangeReader reader,
            ChangePublisher publisher,
            Liveness liveness,
            MigrationMetrics metrics,
            FaultPoints faultPoints) {
        this.reader = reader;
        this.publisher = publisher;
        this.liveness = liveness;
        this.metrics = metrics;
        this.faultPoints = faultPoints;
    }

    @Override
    public void handleBatch(
            List<RecordChangeEvent<SourceRecord>> events, RecordCommitter<RecordChangeEvent<SourceRecord>> committer)
            throws InterruptedException {
        liveness.batchBegins();
        try {
            List<ChangeRecord> changes = new ArrayList<>(events.size());
            for (RecordChangeEvent<SourceRecord> event : events) {
                reader.read(event.record(), changes::add);
            }
            faultPoints.reach("capture.read");
            publisher.publish(changes);
            faultPoints.reach("capture.published");
            movePosition(events, committer);
            metrics.count(MigrationMetrics.Counter.KEYS_CAPTURED, keys(changes));
        } finally {
            liveness.batchEnds();
        }
    }

    private void movePosition(
            List<RecordChangeEvent<SourceRecord>> events, RecordCommitter<RecordChangeEvent<SourceRecord>> committer)
            throws InterruptedException {
        for (RecordChangeEvent<SourceRecord> event : events) {
            if (!LoggedStatement.isIn(event.record())) {
                position.pass(event, event.record());
            }
        }
        // What the reader holds is in its memory only: the position stays before it, to be read again after a restart.
        RecordChangeEvent<SourceRecord> safe = reader.isHolding() ? null : position.take();
        if (safe != null) {
            // One mark suffices: a position stands for everything before it.
            committer.markProcessed(safe);
        }
        committer.markBatchFinished();
    }

    private static long keys(List<ChangeRecord> changes) {
        return changes.stream().filter(ChangeRecord.DirtyKey.class::isInstance).count();
    }
}
