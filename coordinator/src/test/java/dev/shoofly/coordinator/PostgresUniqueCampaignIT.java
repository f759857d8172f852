package dev.shoofly.coordinator;

import dev.shoofly.servers.DatabaseServer;
import dev.shoofly.servers.PostgresVersion;
import dev.shoofly.servers.fixture.TestServers;
import java.util.List;

class PostgresUniqueCampaignIT extends UniqueCampaignContract {
    @Override
    DatabaseServer server() {
        return TestServers.postgres(PostgresVersion.V15);
    }

    @Override
    OrdersTable orders() {
        return OrdersTable.POSTGRES;
    }

    @Override
    SeatChurn.Dialect dialect() {
        return SeatChurn.Dialect.POSTGRES;
    }

    @Override
    AutoCloseable relaxed() {
        // Its generators ask for that themselves, each for its own session.
        return () -> {};
    }

    @Override
    List<String> alters() {
        return List.of(
                "ALTER COLUMN n TYPE bigint, ALTER COLUMN line TYPE bigint, ADD COLUMN zone int NOT NULL DEFAULT 7",
                "CREATE UNIQUE INDEX with_a_new_column ON seats (zone, spot, line)");
    }
}
