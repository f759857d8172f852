package dev.shoofly.applier;

import dev.shoofly.model.KeyColumn;
import dev.shoofly.model.KeyDefinition;
import dev.shoofly.model.KeyEquality;
import dev.shoofly.model.KeyType;
import dev.shoofly.model.MigrationId;
import dev.shoofly.model.MigrationPlan;
import dev.shoofly.model.Projection;
import dev.shoofly.model.TableName;
import java.util.List;
import java.util.random.RandomGenerator;

/** Migrations of a table with one integer key. */
final class Plans {
    private Plans() {}

    static MigrationPlan withPartitions(int partitions) {
        return of(MigrationId.random(RandomGenerator.getDefault()), partitions);
    }

    static MigrationPlan of(MigrationId id, int partitions) {
        KeyColumn column = new KeyColumn("id", "id", KeyType.INTEGER, KeyEquality.EXACT, "bigint", "bigint");
        return new MigrationPlan(
                id,
                new TableName("shop", "orders"),
                new TableName("shop", "_orders_" + id + "_new"),
                new TableName("shop", "_orders_" + id + "_old"),
                new KeyDefinition("PRIMARY", List.of(column)),
                new Projection(List.of(), List.of(), List.of()),
                partitions,
                "");
    }
}
