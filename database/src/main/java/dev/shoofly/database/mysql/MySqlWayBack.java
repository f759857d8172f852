package dev.shoofly.database.mysql;

import dev.shoofly.database.WayBack;
import dev.shoofly.database.connection.ConnectionPool;
import dev.shoofly.model.ErrorKind;
import dev.shoofly.model.MigrationPlan;
import dev.shoofly.model.RollbackFeasibility;
import dev.shoofly.model.ShooflyException;
import dev.shoofly.model.TableName;
import dev.shoofly.model.Transform;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;

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
    public MigrationPlan open() {
        return pool.with("opening a way back for " + plan.source(), connection -> {
            ReversedPlan reversed = between(connection);
            if (!reversed.kept().isEmpty()) {
                KeptValues.create(connection, plan, reversed);
            }
            return reversed.toPlan(
                    SourceDefinition.of(connection, plan.source()),
                    Attached.of(plan).back(connection, plan.source()),
                    undone());
        });
    }

    private TableName undone() {
        return MySqlNames.undone(plan.source(), plan.id());
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
            return true;
        });
    }
}
