package dev.shoofly.backfill;

import dev.shoofly.database.control.Segment;
import dev.shoofly.database.control.SegmentRows;
import dev.shoofly.model.KeyRange;
import dev.shoofly.model.MigrationId;
import dev.shoofly.model.RowKey;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/** What the backfill needs of {@link SegmentRows}, for one migration and one copier. */
interface Segments {

    /** Creates the segments unless some exist already. */
    void create(List<KeyRange> ranges);

    List<Segment> list();

    boolean isAllDone();

    /** Raises the epoch of every open segment, waiting for transactions of earlier copiers. */
    void fenceAll();

    /** As {@link SegmentRows#claim}. */
    Optional<Segment> claim(Function<KeyRange, Optional<RowKey>> cut);

    /** As {@link SegmentRows#renew}. */
    void renew(Collection<Segment> held);

    /** Gives a claim back. */
    void release(Segment segment);

    static Segments of(SegmentRows rows, MigrationId id, SegmentRows.Copier copier) {
        return new Segments() {
            @Override
            public void create(List<KeyRange> ranges) {
                rows.create(id, ranges);
            }

            @Override
            public List<Segment> list() {
                return rows.list(id);
            }

            @Override
            public boolean isAllDone() {
                return rows.isAllDone(id);
            }

            @Override
            public void fenceAll() {
                rows.fenceAll(id);
            }

            @Override
            public Optional<Segment> claim(Function<KeyRange, Optional<RowKey>> cut) {
                return rows.claim(id, copier, cut);
            }

            @Override
            public void renew(Collection<Segment> held) {
                rows.renew(id, held);
            }

            @Override
            public void release(Segment segment) {
                rows.release(segment);
            }
        };
    }
}
