package dev.shoofly.backfill;

import dev.shoofly.database.control.Segment;
import dev.shoofly.database.control.SegmentRows;
import dev.shoofly.model.KeyRange;
import dev.shoofly.model.MigrationId;
import java.util.List;
import java.util.Optional;

/** What the backfill needs of {@link SegmentRows}, for one migration. */
interface Segments {

    /** Creates the segments unless some exist already. */
    void create(List<KeyRange> ranges);

    List<Segment> list();

    /** Raises the epoch of every open segment, waiting for transactions of earlier copiers. */
    void fenceAll();

    /** Claims an open segment that is none of these and that no one holds locked. */
    Optional<Segment> claim(List<Integer> held);

    static Segments of(SegmentRows rows, MigrationId id) {
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
            public void fenceAll() {
                rows.fenceAll(id);
            }

            @Override
            public Optional<Segment> claim(List<Integer> held) {
                return rows.claim(id, held);
            }
        };
    }
}
