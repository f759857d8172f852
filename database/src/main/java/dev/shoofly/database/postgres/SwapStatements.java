package dev.shoofly.database.postgres;

import static dev.shoofly.database.postgres.PostgresNames.literal;
import static dev.shoofly.database.postgres.PostgresNames.quote;

import dev.shoofly.database.ChangeLog;
import dev.shoofly.database.TableSwap.Direction;
import dev.shoofly.database.postgres.SwapState.Kind;
import dev.shoofly.model.MigrationPlan;
import dev.shoofly.model.TableName;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * The statements that give the shadow the source's place, read off the catalog under the cut-over's locks. They run in
 * this order, in the cut-over's transaction.
 */
final class SwapStatements {
    private final Connection connection;
    private final MigrationPlan plan;
    private final Direction direction;
    private final SwapState state;
    private final String schema;
    private final String table;
    private final List<String> statements = new ArrayList<>();
    /** Under their new names. */
    private final List<TableName> oldPartitions = new ArrayList<>();

    private int aside;

    SwapStatements(Connection connection, MigrationPlan plan, Direction direction) {
        this.connection = connection;
        this.plan = plan;
        this.direction = direction;
        this.state = SwapState.of(plan);
        this.schema = plan.source().schema();
        this.table = quote(plan.source());
    }

    /** Needs {@link PostgresCatalog#qualifyEverything}. */
    List<String> all() throws SQLException {
        List<OwnedSequence> oldSequences = OwnedSequence.of(connection, state.sourceOid());
        List<OwnedSequence> newSequences = OwnedSequence.of(connection, state.shadowOid());
        new GrantStatements(connection, plan, state).addTo(statements, oldSequences, newSequences);
        statements.addAll(state.attached().before());
        setAside(oldSequences);
        statements.add("ALTER TABLE " + table + " RENAME TO " + quote(plan.old().table()));
        statements.add("ALTER TABLE " + quote(plan.shadow()) + " RENAME TO "
                + quote(plan.source().table()));
        List<SwapState.Rename> renames = new ArrayList<>(state.renames());
        renames.addAll(OriginalNames.back(
                connection,
                state.shadowOid(),
                state.returns(direction),
                number ->
                        // Those that come back now were set aside by the swap before, in the other direction.
                        indexAside(direction == Direction.FORWARD ? Direction.BACK : Direction.FORWARD, number)));
        for (SwapState.Rename rename : renames) {
            rename(
                    rename.kind(),
                    Objects.requireNonNullElse(rename.schema(), schema),
                    rename.temporary(),
                    rename.finalName());
        }
        for (SwapState.LateConstraint constraint : state.constraints()) {
            String name = quote(constraint.name());
            statements.add("ALTER TABLE " + table + " ADD CONSTRAINT " + name + " " + constraint.definition());
            if (constraint.comment() != null) {
                statements.add(
                        "COMMENT ON CONSTRAINT " + name + " ON " + table + " IS " + literal(constraint.comment()));
            }
        }
        for (String column : state.alwaysIdentity()) {
            statements.add("ALTER TABLE " + table + " ALTER COLUMN " + quote(column) + " SET GENERATED ALWAYS");
        }
        for (SwapState.HandOver handOver : state.handOvers()) {
            statements.add("ALTER SEQUENCE " + quote(handOver.schema(), handOver.sequence()) + " OWNED BY " + table
                    + "." + quote(handOver.shadowColumn()));
        }
        if (state.isReturning(direction)) {
            statements.add(OldTableFence.removal(plan.source()));
            for (SwapState.Rename rename : renames) {
                if (rename.kind() == Kind.TABLE) {
                    statements.add(OldTableFence.removal(new TableName(schema, rename.finalName())));
                }
            }
        }
        statements.addAll(state.attached().after());
        for (Attached.PartitionedKey key : state.attached().partitioned()) {
            statements.addAll(
                    PartitionedKeys.additions(connection, key, key.table().equals(table)));
        }
        statements.addAll(OldTableFence.statements(plan.old()));
        for (TableName partition : oldPartitions) {
            statements.addAll(OldTableFence.statements(partition));
        }
        publication();
        return statements;
    }

    /** Names are unique within the schema: the old table's objects make room for the new ones'. */
    private void setAside(List<OwnedSequence> oldSequences) throws SQLException {
        Map<TableName, Integer> numbers = OriginalNames.numbers(state.originals());
        // All partitions' at once: everybody waits for these questions, too.
        for (String index : PostgresCatalog.texts(
                connection,
                "SELECT c.relname FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid WHERE i.indrelid IN "
                        + PartitionTree.MEMBERS + " ORDER BY i.indexrelid",
                table)) {
            // Which it is must be known again by its name: built anew concurrently it has another number.
            Integer number = numbers.get(new TableName(schema, index));
            rename(Kind.INDEX, schema, index, number == null ? asideName() : indexAside(direction, number));
        }
        for (OwnedSequence sequence : oldSequences) {
            setAside(sequence);
        }
        for (String statistics : PostgresCatalog.texts(
                connection,
                "SELECT s.stxname FROM pg_statistic_ext s JOIN pg_namespace n ON n.oid = s.stxnamespace"
                        + " WHERE s.stxrelid IN " + PartitionTree.MEMBERS + " AND n.nspname = ? ORDER BY s.oid",
                table,
                schema)) {
            rename(Kind.STATISTICS, schema, statistics, asideName());
        }
        for (PartitionTree.Partition partition : PartitionTree.of(connection, state.sourceOid())) {
            String name = asideName();
            rename(Kind.TABLE, schema, partition.name().table(), name);
            oldPartitions.add(new TableName(schema, name));
        }
    }

    private void setAside(OwnedSequence sequence) {
        boolean handedOver = state.handOvers().stream()
                .anyMatch(handOver -> handOver.schema().equals(sequence.schema())
                        && handOver.sequence().equals(sequence.name()));
        if (handedOver) {
            return;
        }
        String name = asideName();
        statements.add("ALTER SEQUENCE " + quote(sequence.schema(), sequence.name()) + " RENAME TO " + quote(name));
        for (SwapState.Carry carry : state.carries()) {
            if (carry.sourceColumn().equals(sequence.column())) {
                // After the rename, whose lock keeps everybody from drawing another value.
                statements.add("SELECT setval(pg_get_serial_sequence(" + literal(quote(plan.shadow())) + ", "
                        + literal(carry.shadowColumn()) + ")::regclass, last_value, is_called) FROM "
                        + quote(sequence.schema(), name));
            }
        }
    }

    private String asideName() {
        return asidePrefix(direction) + ++aside;
    }

    private String indexAside(Direction direction, int number) {
        return asidePrefix(direction) + "index_" + number;
    }

    private String asidePrefix(Direction direction) {
        // On the way back the names of the first swap are still taken by what gets its own again.
        return "_" + plan.id() + (direction == Direction.FORWARD ? "_old_" : "_undone_");
    }

    private void rename(Kind kind, String schema, String from, String to) {
        String object = switch (kind) {
            case INDEX -> "INDEX";
            case SEQUENCE -> "SEQUENCE";
            case STATISTICS -> "STATISTICS";
            case TABLE -> "TABLE";
        };
        statements.add("ALTER " + object + " " + quote(schema, from) + " RENAME TO " + quote(to));
    }

    /** None of the drained rows is published, every later write of the application is, and none of ours to the old table. */
    private void publication() throws SQLException {
        String name = ChangeLog.publication(plan.id());
        if (PostgresCatalog.test(connection, "SELECT true FROM pg_publication WHERE pubname = ?", name)) {
            statements.add("ALTER PUBLICATION " + quote(name) + " SET TABLE " + table + ", shoofly.markers");
        }
    }
}
