package dev.shoofly.database.postgres;

import dev.shoofly.database.TableSwap.Direction;
import dev.shoofly.database.control.Json;
import dev.shoofly.model.MigrationPlan;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What the swap has to know of the time when the shadow was built. Kept as JSON in {@link MigrationPlan#dialectState}.
 *
 * @param fingerprint of the source's definition, see {@link TableFingerprint}
 * @param renames names that the shadow's objects get in the swap
 * @param constraints added in the swap
 * @param alwaysIdentity shadow columns that become GENERATED ALWAYS in the swap
 * @param carries positions of sequences that are taken over
 * @param handOvers sequences that change their owning table
 * @param deferred indexes that are built after the copy
 * @param attached what goes over from the source in the swap
 * @param originals the source's objects whose names the swap gives away
 * @param back what goes over on the way back; null in what an earlier version saved, and on the way back
 * @param kept on the way back, and when it goes forward again, see {@link KeptValues}; empty otherwise
 * @param partitions of a partitioned source, each with the one that takes its place; empty otherwise
 * @param key the primary key, when the shadow may be without it during the copy, see {@link LateKey}; null otherwise
 * @param returning objects of the shadow that had a swap give their names away, and now get them back; null in what an earlier
 *     version saved
 */
record SwapState(
        long sourceOid,
        long shadowOid,
        String fingerprint,
        List<Rename> renames,
        List<LateConstraint> constraints,
        List<String> alwaysIdentity,
        List<Carry> carries,
        List<HandOver> handOvers,
        List<Deferred> deferred,
        Attached attached,
        List<Original> originals,
        @Nullable Attached back,
        List<String> kept,
        List<PartitionTree.Pair> partitions,
        @Nullable Deferred key,
        @Nullable List<Original> returning) {
    SwapState {
        // Missing in what an earlier version saved.
        deferred = deferred == null ? List.of() : List.copyOf(deferred);
        attached = attached == null ? Attached.NOTHING : attached;
        originals = originals == null ? List.of() : List.copyOf(originals);
        kept = kept == null ? List.of() : List.copyOf(kept);
        partitions = partitions == null ? List.of() : List.copyOf(partitions);
    }

    /** Whether the shadow was the table before: on the way back, and when the migration goes forward again. */
    boolean isReturning(Direction direction) {
        return direction == Direction.BACK || returning != null && !returning.isEmpty();
    }

    /** Objects that have their names again after the swap. */
    List<Original> returns(Direction direction) {
        if (returning == null) {
            // An earlier version noted them where the source's are now.
            return direction == Direction.BACK ? originals : List.of();
        }
        return returning;
    }

    /** @param schema of the object */
    record Original(Kind kind, long oid, String schema, String name) {}

    /**
     * An index that the shadow gets after the copy.
     *
     * @param name its temporary name
     * @param finalName for people
     * @param tail of its definition, from {@code USING} on
     * @param tablespace null: the database's
     * @param columns of a unique index, in the shadow; empty: it is not unique
     */
    record Deferred(
            String name,
            String finalName,
            String tail,
            @Nullable String tablespace,
            boolean clustered,
            @Nullable String comment,
            List<String> columns) {
        Deferred {
            // Missing in what an earlier version saved.
            columns = columns == null ? List.of() : List.copyOf(columns);
        }

        boolean isUnique() {
            return !columns.isEmpty();
        }
    }

    /** @param schema null: the source's */
    record Rename(Kind kind, @Nullable String schema, String temporary, String finalName) {}

    /** Objects whose names are unique within a schema. */
    enum Kind {
        INDEX,
        SEQUENCE,
        STATISTICS,
        /** A partition. */
        TABLE
    }

    /** @param definition what follows {@code ADD CONSTRAINT name} */
    record LateConstraint(
            String name, String definition, @Nullable String comment) {}

    /** The source column's sequence stands where the shadow column's is to go on. */
    record Carry(String sourceColumn, String shadowColumn) {}

    /** A sequence that a default of the shadow uses and a column of the source owns. */
    record HandOver(String schema, String sequence, String shadowColumn) {}

    static SwapState of(MigrationPlan plan) {
        return Json.read(plan.dialectState(), SwapState.class);
    }

    String toJson() {
        return Json.write(this);
    }
}
