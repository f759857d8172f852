package dev.shoofly.coordinator.disk;

import dev.shoofly.database.Storage;
import dev.shoofly.database.disk.ServerFiles;
import dev.shoofly.database.disk.TableSize;
import dev.shoofly.database.disk.Whereabouts;
import dev.shoofly.model.DiskSettings;
import dev.shoofly.model.TableName;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Compares what a migration still needs on the server's disks with what is free there. What is free is known if the server
 * runs on this host, or by the operator's query; otherwise that is said once and nothing is compared. Thread-safe.
 */
public final class DiskCheck {
    private static final Logger LOG = LoggerFactory.getLogger(DiskCheck.class);
    private final Storage storage;
    private final TableName source;
    private final DiskMeter meter;
    private @Nullable TableSize sourceSize;
    private @Nullable Whereabouts whereabouts;
    private boolean saidUnknown;
    private volatile @Nullable DiskView latest;

    public DiskCheck(Storage storage, TableName source, DiskMeter meter) {
        this.storage = storage;
        this.source = source;
        this.meter = meter;
    }

    /** Empty before the first look and where nothing is known. */
    public Optional<DiskView> latest() {
        return Optional.ofNullable(latest);
    }

    /** Measures the source anew, and looks anew where the server is: at a start, and after a pause. */
    public synchronized void begin() {
        sourceSize = null;
        whereabouts = null;
    }

    /**
     * @return what is short, worded up to the numbers; empty: nothing, or not known
     * @throws dev.shoofly.model.ShooflyException REFUSED when the operator's query is none; TRANSIENT without a connection
     */
    public synchronized Optional<String> shortage(DiskSettings settings, CopyProgress progress) {
        if (settings.isOff()) {
            latest = null;
            return Optional.empty();
        }
        String query = settings.freeQuery();
        List<Place> places = query == null ? placesHere(progress) : List.of(placeByQuery(query, progress));
        Optional<Place> tightest = places.stream()
                .min(Comparator.comparingLong(place -> place.view(settings).availableBytes()
                        - place.view(settings).requiredBytes()));
        latest = tightest.map(place -> place.view(settings)).orElse(null);
        return tightest.filter(place -> place.view(settings).isShort()).map(place -> place.words(source, settings));
    }

    /** One file system, or all that the operator's query stands for. */
    private record Place(String where, long free, DiskNeed need) {
        DiskView view(DiskSettings settings) {
            return new DiskView(need.total() + settings.reserveBytes(), free);
        }

        String words(TableName source, DiskSettings settings) {
            List<String> parts = new ArrayList<>(need.parts());
            parts.add("reserve " + Bytes.text(settings.reserveBytes()));
            return "Insufficient disk space for the shadow table of " + source + ": required "
                    + Bytes.text(view(settings).requiredBytes()) + " (" + String.join(", ", parts) + "), available "
                    + Bytes.text(free) + " " + where;
        }
    }

    private Place placeByQuery(String query, CopyProgress progress) {
        return new Place("by the disk query", storage.freeBytes(query), need(progress));
    }

    private List<Place> placesHere(CopyProgress progress) {
        Whereabouts found = whereabouts;
        if (found == null) {
            found = storage.whereabouts(source);
            whereabouts = found;
        }
        ServerFiles files = found.files();
        if (files == null) {
            sayUnknown(found.unknownBecause());
            return List.of();
        }
        DiskNeed need = need(progress);
        Map<Object, Place> places = new LinkedHashMap<>();
        add(places, files.data(), new DiskNeed(need.data(), 0, 0, 0));
        add(places, files.indexes(), new DiskNeed(0, need.indexes(), 0, 0));
        add(places, files.temporary(), new DiskNeed(0, 0, need.sorting(), 0));
        add(places, files.log(), new DiskNeed(0, 0, 0, need.log()));
        if (places.isEmpty()) {
            sayUnknown("the file system of " + files.data() + " does not tell");
        }
        return List.copyOf(places.values());
    }

    private void add(Map<Object, Place> places, Path directory, DiskNeed need) {
        meter.diskOf(directory)
                .ifPresent(disk -> places.merge(
                        disk.identity(),
                        new Place("in " + directory, disk.freeBytes(), need),
                        (one, other) -> new Place(one.where, other.free, one.need.plus(other.need))));
    }

    private DiskNeed need(CopyProgress progress) {
        return switch (progress.phase()) {
            case BEFORE -> DiskNeed.beforeTheCopy(sourceSize(), storage::logBytes);
            case COPYING -> {
                TableName shadow = progress.shadow();
                yield DiskNeed.whileCopying(
                        sourceSize(),
                        shadow == null ? TableSize.ZERO : storage.glance(shadow),
                        progress.copied(),
                        storage::logBytes);
            }
            case INDEXING, LATER -> DiskNeed.NOTHING;
        };
    }

    private TableSize sourceSize() {
        TableSize known = sourceSize;
        if (known == null) {
            known = storage.measure(source);
            sourceSize = known;
        }
        return known;
    }

    private void sayUnknown(String because) {
        if (!saidUnknown) {
            saidUnknown = true;
            LOG.warn(
                    "the free space of the server's disk is not known: {}. A full disk shows in the server's errors only;"
                            + " --disk-query \"SELECT …\" can tell the free bytes",
                    because);
        }
    }
}
