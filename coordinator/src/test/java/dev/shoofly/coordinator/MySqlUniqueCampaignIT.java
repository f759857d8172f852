package dev.shoofly.coordinator;

import dev.shoofly.servers.DatabaseServer;
import dev.shoofly.servers.fixture.TestServers;
import java.sql.SQLException;
import java.util.List;

class MySqlUniqueCampaignIT extends UniqueCampaignContract {
    @Override
    DatabaseServer server() {
        return TestServers.mysql();
    }

    @Override
    OrdersTable orders() {
        return OrdersTable.MYSQL;
    }

    @Override
    SeatChurn.Dialect dialect() {
        return SeatChurn.Dialect.MYSQL;
    }

    @Override
    AutoCloseable relaxed() throws SQLException {
        return new RelaxedDurability(server());
    }

    @Override
    List<String> alters() {
        return List.of("MODIFY n bigint NOT NULL, MODIFY line bigint NOT NULL, ADD COLUMN zone int NOT NULL DEFAULT 7,"
                + " ADD UNIQUE KEY `with a new column` (zone, spot, line)");
    }
}
