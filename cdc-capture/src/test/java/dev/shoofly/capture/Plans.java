package dev.shoofly.capture;

import dev.shoofly.model.KeyColumn;
import dev.shoofly.model.KeyDefinition;
import dev.shoofly.model.KeyEquality;
import dev.shoofly.model.KeyType;
import dev.shoofly.model.MigrationId;
import dev.shoofly.model.MigrationPlan;
import dev.shoofly.model.Projection;
import dev.shoofly.model.ShadowNames;
import dev.shoofly.model.TableName;
import java.util.List;

/** Plans made by hand. */
public final class Plans {
    private static final MigrationId ID = new MigrationId("abcdefgh");

    private Plans() {}

    public static MigrationPlan ofTable(String schema, String table) {
        return of(ID, new TableName(schema, table), List.of(keyColumn("id", KeyType.INTEGER)), 4);
    }

    public static MigrationPlan of(MigrationId id, TableName source, List<KeyColumn> key, int partitions) {
        ShadowNames names = ShadowNames.of(source, id, 63);
        return new MigrationPlan(
                id,
                source,
                names.shadow(),
                names.old(),
                new KeyDefinition("PRIMARY", key),
                new Projection(List.of(), List.of(), List.of()),
                partitions,
                "");
    }

    public static KeyColumn keyColumn(String name, KeyType type) {
        return keyColumn(name, name, type);
    }

    public static KeyColumn keyColumn(String sourceName, String shadowName, KeyType type) {
        return new KeyColumn(sourceName, shadowName, type, KeyEquality.EXACT, "", "");
    }

    public static KeyColumn keyColumn(String name, KeyType type, String sourceType, String shadowType) {
        return new KeyColumn(name, name, type, KeyEquality.EXACT, sourceType, shadowType);
    }
}
