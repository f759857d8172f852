package dev.shoofly.database.mysql;

import dev.shoofly.database.DefinitionChange;
import dev.shoofly.database.WayBack;
import dev.shoofly.database.connection.ConnectionPool;
import dev.shoofly.database.control.RollbackRows;
import dev.shoofly.model.ErrorKind;
import dev.shoofly.model.MigrationPlan;
import dev.shoofly.model.RollbackFeasibility;
import dev.shoofly.model.ShooflyException;
import dev.shoofly.model.TableName;
import dev.shoofly.model.Transform;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/** From the new table to the old one. */
final class MySqlWayBack implements WayBack {
    private final ConnectionPool pool;
    private final MigrationPlan plan;
    private final List<Transform> reverses;

    MySqlWayBack(ConnectionPool pool, MigrationPlan plan, List<Transform> reverses) {
        this.pool = pool;
        this.plan = plan;
        this.reverses = List.copyOf(reverses);
    }

    @Override
    public RollbackFeasibility feasibility() {
        return pool.with("looking for a way back for " + plan.source(), connection -> {
            try {
                return between(connection).feasibility();
            } catch (ShooflyException e) {
                if (e.kind() != ErrorKind.REFUSED) {
                    throw e;
                }
                return RollbackFeasibility.impossible(String.valueOf(e.getMessage()));
            }
        });
    }

    /** Before the swap the tables have other names than after it. */
    private ReversedPlan between(Connection connection) throws SQLException {
        boolean swapped = MySqlCatalog.exists(connection, plan.old());
        return ReversedPlan.of(
                connection,
                plan,
                MySqlCatalog.table(connection, swapped ? plan.source() : plan.shadow()),
                MySqlCatalog.table(connection, swapped ? plan.old() : plan.source()),
                reverses);
    }

    @Override
    public MigrationPlan open(long epoch, Instant windowEnds) {
        return pool.with("opening a way back for " + plan.source(), connection -> {
            ReversedPlan reversed = between(connection);
            String definition = SourceDefinition.of(connection, plan.source());
            Attached attached = Attached.of(plan).back(connection, plan.source());
            requireAsSwapped(connection, definition, attached);
            MigrationPlan back = reversed.toPlan(definition, attached, MySqlNames.undone(plan));
            KeptValues.create(connection, back);
            RollbackRows.open(connection, plan.id(), epoch, back, windowEnds);
            return back;
        });
    }

    /** The parents' names are not the table's own: a foreign key that followed a rename is the same as before. */
    private String withoutRenamed(String definition, Attached attached) {
        List<SourceForeignKey> then = Attached.of(plan).foreignKeys().stream()
                .map(ForeignKeyMove::after)
                .toList();
        String without = definition;
        for (ForeignKeyMove move : attached.foreignKeys()) {
            SourceForeignKey now = move.before();
            if (now.child().equals(plan.source()) && then.stream().noneMatch(now::equals)) {
                without = without.replaceAll(
                        "(?m)^(\\s*CONSTRAINT " + Pattern.quote(MySqlNames.quote(now.name()))
                                + " FOREIGN KEY \\(.*?\\) REFERENCES) .*? \\(",
                        "$1 (");
            }
        }
        return without;
    }

    /** @param attached with the names that the tables at the other ends have now */
    private void requireAsSwapped(Connection connection, String definition, Attached attached) throws SQLException {
        String swapped = RollbackRows.live(connection, plan.id());
        Optional<String> change = swapped == null
                ? Optional.empty()
                : DefinitionChange.between(withoutRenamed(swapped, attached), withoutRenamed(definition, attached));
        if (change.isPresent()) {
            throw new ShooflyException(
                    ErrorKind.REFUSED, plan.source() + " was changed right after the swap: " + change.get());
        }
    }

    @Override
    public void forwardAgain(MigrationPlan back, long epoch, Instant until) {
        pool.with("making the new " + plan.source() + " a shadow again", connection -> {
            requireAsBefore(connection, back.old());
            KeptValues.drop(connection, plan);
            MigrationPlan next = next(connection, back);
            KeptValues.create(connection, next);
            return next;
        });
        pool.inTransaction("recording that " + plan.source() + " can go forward again", connection -> {
            RollbackRows.forwardAgain(connection, plan.id(), epoch, next(connection, back), until);
            return true;
        });
    }

    /** What the new table was made from, and what was prepared to go over to it, must be what is there now. */
    private void requireAsBefore(Connection connection, TableName undone) throws SQLException {
        if (!MySqlCatalog.exists(connection, undone)) {
            throw lost("the new table, " + undone + ", is gone");
        }
        Optional<String> change = SourceDefinition.change(connection, plan);
        if (change.isEmpty()) {
            change = SourceDefinition.attached(connection, plan);
        }
        if (change.isPresent()) {
            throw lost(change.get());
        }
    }

    private ShooflyException lost(String why) {
        return new ShooflyException(ErrorKind.REFUSED, plan.source() + " cannot go forward again: " + why);
    }

    private MigrationPlan next(Connection connection, MigrationPlan back) throws SQLException {
        TableName shadow = back.old();
        DialectState there = DialectState.of(plan);
        List<String> kept = ReversedPlan.kept(
                MySqlCatalog.table(connection, shadow), there.shadowIndex(), plan.key(), plan.projection());
        DialectState state = new DialectState(
                there.shadowIndex(), there.definition(), there.mirrored(), there.deferred(), there.attached(), kept);
        return new MigrationPlan(
                plan.id(),
                plan.source(),
                shadow,
                MySqlNames.nextOld(plan),
                plan.key(),
                plan.projection(),
                plan.partitions(),
                state.text());
    }

    @Override
    public void discard() {
        if (plan.round() > 1) {
            pool.with("dropping " + plan.shadow(), connection -> {
                ConnectionPool.execute(connection, "DROP TABLE IF EXISTS " + MySqlNames.quote(plan.shadow()));
                return true;
            });
            close();
        }
    }

    @Override
    public MigrationPlan compared(MigrationPlan back) {
        return pool.with("looking which columns are equal on both sides", connection -> {
            MySqlTable source = MySqlCatalog.table(connection, back.source());
            MySqlTable shadow = MySqlCatalog.table(connection, back.shadow());
            return back.withProjection(back.projection()
                    .only(mapping -> !mapping.retyped()
                            || !mapping.computed()
                                    && mapping.sourceColumn() != null
                                    && source.column(mapping.sourceColumn())
                                            .filter(MySqlColumn::isInteger)
                                            .isPresent()
                                    && shadow.column(mapping.shadowColumn())
                                            .filter(MySqlColumn::isInteger)
                                            .isPresent()));
        });
    }

    @Override
    public void close() {
        pool.with("closing the way back for " + plan.source(), connection -> {
            KeptValues.drop(connection, plan);
            for (String schema : ShadowSchemas.of(plan.id())) {
                ShadowSchemas.dropEmpty(connection, schema);
            }
            return true;
        });
    }
}
