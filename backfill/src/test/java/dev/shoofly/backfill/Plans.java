package dev.shoofly.backfill;

import dev.shoofly.model.KeyColumn;
import dev.shoofly.model.KeyDefinition;
import dev.shoofly.model.KeyEquality;
import dev.shoofly.model.KeyType;
import dev.shoofly.model.MigrationId;
import dev.shoofly.model.MigrationPlan;
import dev.shoofly.model.Projection;
import dev.shoofly.model.TableName;
import java.util.List;

/** Plans without a database behind them. */
final class Plans {
    private Plans() {}

    static MigrationPlan integerKey() {
        TableName source = new TableName("shop", "orders");
        KeyColumn id = new KeyColumn("id", "id", KeyType.INTEGER, KeyEquality.EXACT, "bigint", "bigint");
        return new MigrationPlan(
                new MigrationId("abcd2345"),
                source,
                source.sibling("_orders_abcd2345_new"),
                source.sibling("_orders_abcd2345_old"),
                new KeyDefinition("PRIMARY", List.of(id)),
                new Projection(List.of(), List.of(), List.of()),
                8,
                "");
    }
}
