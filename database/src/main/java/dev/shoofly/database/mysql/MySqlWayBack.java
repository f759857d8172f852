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
            requireAsSwapped(connection, definition);
            if (!reversed.kept().isEmpty()) {
                KeptValues.create(connection, plan, reversed);
            }
            MigrationPlan back =
                    reversed.toPlan(definition, Attached.of(plan).back(connection, plan.source()), undone());
            RollbackRows.open(connection, plan.id(), epoch, back, windowEnds);
            return back;
        });
    }

    private void requireAsSwapped(Connection connection, String definition) throws SQLException {
        String swapped = RollbackRows.live(connection, plan.id());
        Optional<String> change = swapped == null ? Optional.empty() : DefinitionChange.between(swapped, definition);
        if (change.isPresent()) {
            throw new ShooflyException(
                    ErrorKind.REFUSED, plan.source() + " was changed right after the swap: " + change.get());
        }
    }

    private TableName undone() {
        return new TableName(
                plan.shadow().schema(),
                MySqlNames.undone(plan.source(), plan.id()).table());
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
            KeptValues.drop(connection, plan.id());
            for (String schema : ShadowSchemas.of(plan.id())) {
                ShadowSchemas.dropEmpty(connection, schema);
            }
            return true;
        });
    }
}
