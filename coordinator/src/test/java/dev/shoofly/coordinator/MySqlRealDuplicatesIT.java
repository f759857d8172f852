package dev.shoofly.coordinator;

import dev.shoofly.servers.DatabaseServer;
import dev.shoofly.servers.fixture.TestServers;
import java.util.List;

class MySqlRealDuplicatesIT extends RealDuplicatesContract {
    @Override
    DatabaseServer server() {
        return TestServers.mysql();
    }

    @Override
    OrdersTable orders() {
        return OrdersTable.MYSQL;
    }

    @Override
    String mailType() {
        return "varchar(40) COLLATE utf8mb4_0900_as_cs";
    }

    @Override
    List<String> blindToCase() {
        return List.of("MODIFY mail varchar(40) COLLATE utf8mb4_0900_ai_ci");
    }

    @Override
    List<String> uniqueMail() {
        return List.of("ADD UNIQUE KEY one_of_each (mail)");
    }
}
