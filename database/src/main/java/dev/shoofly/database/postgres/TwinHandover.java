package dev.shoofly.database.postgres;

import static dev.shoofly.database.connection.ConnectionPool.execute;
import static dev.shoofly.database.postgres.PostgresNames.quote;

import dev.shoofly.database.postgres.SwapState.Kind;
import dev.shoofly.model.DeferIndexes;
import dev.shoofly.model.ErrorKind;
import dev.shoofly.model.MigrationId;
import dev.shoofly.model.ShooflyException;
import dev.shoofly.model.TableName;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Turns the altered twin into the shadow, and notes what the swap has to make good. */
final class TwinHandover {
    private static final long SMALL_TABLE_ROWS = 50_000;
    /** Above this the copy may take hours under load, and what changes meanwhile would wait for so long. */
    private static final long MOST_ROWS_WITHOUT_KEY = 20_000_000;

    private final Connection connection;
    private final MigrationId id;
    private final TableFacts source;
    private final TableName twin;
    private final TableName shadow;
    private final boolean isPartitioned;
    private final List<SwapState.Rename> renames = new ArrayList<>();
    private final List<SwapState.LateConstraint> constraints = new ArrayList<>();
    private final List<String> alwaysIdentity = new ArrayList<>();
    private List<OwnedSequence> sequences = List.of();
    private List<PartitionTree.Pair> partitions = List.of();

    TwinHandover(Connection connection, MigrationId id, TableFacts source, TableName twin, TableName shadow)
            throws SQLException {
        this.connection = connection;
        this.id = id;
        this.source = source;
        this.twin = twin;
        this.shadow = shadow;
        this.isPartitioned = PartitionTree.isPartitioned(connection, source.oid());
    }

    /** The twin takes the shadow's name and place, with everything that a shadow must not have left to the swap. */
    void toShadow(ColumnTracker columns) throws SQLException {
        TableFacts facts = PostgresCatalog.read(connection, twin);
        refuseWhatIsNotCarriedOver(facts);
        postponeChecks(facts);
        postponeDeferrables(facts);
        writableIdentity(facts, columns);
        sequences = OwnedSequence.of(connection, facts.oid());
        List<PartitionTree.Partition> parts = PartitionTree.of(connection, facts.oid());
        partitions = PartitionTree.pairs(PartitionTree.of(connection, source.oid()), parts);
        renameObjects(facts);
        for (PartitionTree.Partition part : parts) {
            place(part);
        }
        refuseTakenNames();
        move();
    }

    /**
     * After {@link #toShadow}: takes away what is built after the copy, and tells what there is to do in the swap.
     *
     * @param carriedOver which unique indexes may be built later
     * @param fingerprint of the source, from before the twin was made
     */
    SwapState state(
            ColumnTracker columns,
            UniquenessCarriedOver carriedOver,
            DeferIndexes wish,
            TwinAttachments.TakenOff attached,
            String fingerprint)
            throws SQLException {
        TableFacts facts = carriedOver.shadow();
        List<SwapState.Deferred> deferred = deferIndexes(facts, carriedOver, wish);
        List<OwnedSequence> originals = OwnedSequence.of(connection, source.oid());
        return new SwapState(
                source.oid(),
                facts.oid(),
                fingerprint,
                renames,
                constraints,
                alwaysIdentity,
                SequenceLinks.carries(sequences, originals, columns::shadowColumn),
                SequenceLinks.handOvers(connection, facts.oid(), originals, columns::shadowColumn),
                deferred,
                attached.there(),
                OriginalNames.of(connection, source.oid()),
                attached.back(),
                List.of(),
                partitions,
                deferKey(facts, carriedOver, deferred, wish),
                List.of());
    }

    /** Not where another unique index stays: without appliers nobody would settle what the copy meets there. */
    private SwapState.@Nullable Deferred deferKey(
            TableFacts facts, UniquenessCarriedOver carriedOver, List<SwapState.Deferred> deferred, DeferIndexes wish)
            throws SQLException {
        boolean soonCopied = wish == DeferIndexes.ALWAYS
                || PostgresPreparation.estimateRows(connection, source.name()) <= MOST_ROWS_WITHOUT_KEY;
        List<TableFacts.Index> unique = facts.indexes().stream()
                .filter(index -> index.unique() || index.constraint().equals("x"))
                .filter(index ->
                        deferred.stream().noneMatch(later -> later.name().equals(index.name())))
                .toList();
        if (!isLateBuildWanted(wish) || !soonCopied || unique.size() != 1 || !carriedOver.isSortedKey(unique.get(0))) {
            return null;
        }
        TableFacts.Index key = unique.get(0);
        boolean plain = key.constraintComment() == null
                && PostgresCatalog.text(
                                connection,
                                "SELECT conname FROM pg_constraint WHERE confrelid = ?::bigint::oid LIMIT 1",
                                facts.oid())
                        == null;
        return plain
                ? new SwapState.Deferred(
                        key.name(),
                        finalName(key),
                        key.tail(),
                        key.tablespace(),
                        key.clustered(),
                        key.comment(),
                        UniquenessCarriedOver.names(facts, key))
                : null;
    }

    /** Takes indexes away from the empty shadow, to be built after the copy. */
    private List<SwapState.Deferred> deferIndexes(
            TableFacts facts, UniquenessCarriedOver carriedOver, DeferIndexes wish) throws SQLException {
        List<SwapState.Deferred> deferred = new ArrayList<>();
        if (!isLateBuildWanted(wish)) {
            return deferred;
        }
        for (TableFacts.Index index : facts.indexes()) {
            boolean plain = !index.unique() && index.constraint().isEmpty();
            if (!index.valid() || index.tail().isEmpty() || !plain && !carriedOver.holdsFor(index)) {
                continue;
            }
            String finalName = finalName(index);
            deferred.add(new SwapState.Deferred(
                    index.name(),
                    finalName,
                    index.tail(),
                    index.tablespace(),
                    index.clustered(),
                    index.comment(),
                    index.unique() ? UniquenessCarriedOver.names(facts, index) : List.of()));
            if (index.constraint().isEmpty()) {
                execute(connection, "DROP INDEX " + quote(shadow.schema(), index.name()));
            } else {
                execute(connection, "ALTER TABLE " + quote(shadow) + " DROP CONSTRAINT " + quote(index.name()));
                constraints.add(new SwapState.LateConstraint(
                        finalName, "UNIQUE USING INDEX " + quote(finalName), index.constraintComment()));
            }
        }
        return deferred;
    }

    private boolean isLateBuildWanted(DeferIndexes wish) throws SQLException {
        // Those of a partitioned table would be named by the server, partition by partition.
        return !isPartitioned && (wish == DeferIndexes.ALWAYS || wish == DeferIndexes.AUTO && !isSmall());
    }

    private String finalName(TableFacts.Index index) {
        return renames.stream()
                .filter(rename ->
                        rename.kind() == Kind.INDEX && rename.temporary().equals(index.name()))
                .map(SwapState.Rename::finalName)
                .findFirst()
                .orElse(index.name());
    }

    /** Below this, building after the copy saves less than it costs. */
    private boolean isSmall() throws SQLException {
        return PostgresPreparation.estimateRows(connection, source.name()) < SMALL_TABLE_ROWS;
    }

    private void refuseWhatIsNotCarriedOver(TableFacts facts) throws SQLException {
        List<String> findings = SourceShape.attached(connection, facts.oid());
        if (!findings.isEmpty()) {
            throw new ShooflyException(
                    ErrorKind.REFUSED,
                    "the alterations give " + source.name() + " what a migration cannot carry over: "
                            + String.join("; ", findings) + ". Nothing was changed.");
        }
    }

    /** A NOT VALID check holds for new rows at once: the copy of old rows that break it would fail. */
    private void postponeChecks(TableFacts facts) throws SQLException {
        for (TableFacts.Check check : facts.checks()) {
            if (!check.validated()) {
                execute(connection, "ALTER TABLE " + quote(twin) + " DROP CONSTRAINT " + quote(check.name()));
                constraints.add(new SwapState.LateConstraint(check.name(), check.definition(), check.comment()));
            }
        }
    }

    /** ON CONFLICT takes no deferrable constraint (55000): a plain unique index until the swap. */
    private void postponeDeferrables(TableFacts facts) throws SQLException {
        for (TableFacts.Index index : facts.indexes()) {
            String definition = index.constraintDefinition();
            if (!index.deferrable() || definition == null || index.constraint().equals("x")) {
                continue;
            }
            execute(connection, "ALTER TABLE " + quote(twin) + " DROP CONSTRAINT " + quote(index.name()));
            execute(
                    connection,
                    "CREATE UNIQUE INDEX " + quote(index.name()) + " ON " + quote(twin) + " " + index.tail());
            constraints.add(new SwapState.LateConstraint(
                    index.name(),
                    (index.isPrimaryKey() ? "PRIMARY KEY" : "UNIQUE") + " USING INDEX " + quote(index.name())
                            + TwinDetails.deferral(definition),
                    index.constraintComment()));
        }
    }

    /** Our writes bring the source's values for the column; GENERATED ALWAYS would refuse them. */
    private void writableIdentity(TableFacts facts, ColumnTracker columns) throws SQLException {
        Set<String> mapped = new HashSet<>();
        for (TableFacts.Column column : source.columns()) {
            String name = columns.shadowColumn(column.name());
            if (name != null) {
                mapped.add(name);
            }
        }
        for (TableFacts.Column column : facts.columns()) {
            if (column.identity().equals("a") && mapped.contains(column.name())) {
                execute(
                        connection,
                        "ALTER TABLE " + quote(twin) + " ALTER COLUMN " + quote(column.name())
                                + " SET GENERATED BY DEFAULT");
                alwaysIdentity.add(column.name());
            }
        }
    }

    private void renameObjects(TableFacts facts) throws SQLException {
        renameIndexes(facts.oid());
        for (OwnedSequence sequence : sequences) {
            rename(Kind.SEQUENCE, "SEQUENCE", sequence.name());
        }
        placeStatistics(facts.oid());
    }

    /** Its names are its own until the swap, and its place is beside the source's. */
    private void place(PartitionTree.Partition part) throws SQLException {
        renameIndexes(part.oid());
        placeStatistics(part.oid());
        String name =
                quote(twin.schema(), rename(Kind.TABLE, "TABLE", part.name().table()));
        execute(connection, "ALTER TABLE " + name + " SET SCHEMA " + quote(shadow.schema()));
    }

    private void renameIndexes(long table) throws SQLException {
        for (String name : PostgresCatalog.texts(
                connection,
                "SELECT c.relname FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid"
                        + " WHERE i.indrelid = ?::bigint::oid ORDER BY c.oid",
                table)) {
            rename(Kind.INDEX, "INDEX", name);
        }
    }

    private void placeStatistics(long table) throws SQLException {
        for (String name : PostgresCatalog.texts(
                connection,
                "SELECT stxname FROM pg_statistic_ext WHERE stxrelid = ?::bigint::oid ORDER BY oid",
                table)) {
            String temporary = rename(Kind.STATISTICS, "STATISTICS", name);
            // The schema of a table's statistics does not follow the table's.
            execute(
                    connection,
                    "ALTER STATISTICS " + quote(twin.schema(), temporary) + " SET SCHEMA " + quote(shadow.schema()));
        }
    }

    private String rename(Kind kind, String object, String name) throws SQLException {
        String temporary = "_" + id + "_new_" + (renames.size() + 1);
        execute(connection, "ALTER " + object + " " + quote(twin.schema(), name) + " RENAME TO " + quote(temporary));
        renames.add(new SwapState.Rename(kind, null, temporary, name));
        return temporary;
    }

    /** A name that another object of the schema holds would make the swap fail, every time. */
    private void refuseTakenNames() throws SQLException {
        for (SwapState.Rename rename : renames) {
            String holder = PostgresCatalog.text(
                    connection,
                    "SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
                            + " WHERE n.nspname = ? AND c.relname = ?"
                            + " AND c.oid NOT IN " + PartitionTree.MEMBERS
                            + " AND NOT EXISTS (SELECT 1 FROM pg_index i WHERE i.indexrelid = c.oid"
                            + "   AND i.indrelid IN " + PartitionTree.MEMBERS + ")"
                            + " AND NOT EXISTS (SELECT 1 FROM pg_depend d WHERE d.objid = c.oid"
                            + "   AND d.classid = 'pg_class'::regclass AND d.refclassid = 'pg_class'::regclass"
                            + "   AND d.refobjid = ?::bigint::oid AND d.deptype IN ('a', 'i'))",
                    source.name().schema(),
                    rename.finalName(),
                    quote(source.name()),
                    quote(source.name()),
                    source.oid());
            if (rename.kind() != Kind.STATISTICS && holder != null) {
                throw new ShooflyException(
                        ErrorKind.REFUSED,
                        "the alterations create \"" + rename.finalName() + "\", but schema "
                                + source.name().schema()
                                + " already has a relation of that name. Name it otherwise. Nothing was changed.");
            }
        }
    }

    private void move() throws SQLException {
        TableName renamed = new TableName(twin.schema(), shadow.table());
        execute(connection, "ALTER TABLE " + quote(twin) + " RENAME TO " + quote(shadow.table()));
        execute(connection, "ALTER TABLE " + quote(renamed) + " SET SCHEMA " + quote(shadow.schema()));
        execute(connection, "DROP SCHEMA " + quote(twin.schema()));
        String owner = PostgresCatalog.text(
                connection,
                "SELECT r.rolname FROM pg_class c JOIN pg_roles r ON r.oid = c.relowner"
                        + " WHERE c.oid = ?::bigint::oid AND r.rolname <> current_user",
                source.oid());
        if (owner != null) {
            execute(connection, "ALTER TABLE " + quote(shadow) + " OWNER TO " + quote(owner));
            for (PartitionTree.Partition part : PartitionTree.of(
                    connection, PostgresCatalog.oid(connection, shadow).orElseThrow())) {
                // What belongs to whom in the end, the swap reads off the source.
                execute(connection, "ALTER TABLE " + quote(part.name()) + " OWNER TO " + quote(owner));
            }
        }
    }
}
