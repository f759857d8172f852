package dev.shoofly.coordinator;

import dev.shoofly.servers.DatabaseServer;
import dev.shoofly.servers.PostgresVersion;
import dev.shoofly.servers.fixture.TestServers;
import java.nio.charset.StandardCharsets;

class PostgresUnusualTablesIT extends UnusualTablesContract {
    @Override
    DatabaseServer server() {
        return TestServers.postgres(PostgresVersion.V17);
    }

    @Override
    OrdersTable orders() {
        return OrdersTable.POSTGRES;
    }

    /** 63 bytes. */
    @Override
    String worst(String beginning) {
        String name = beginning + " Größe`.\"'\\%d$1?:x;--/*,(Ω漢𝄞)\"";
        return name + "z".repeat(63 - name.getBytes(StandardCharsets.UTF_8).length);
    }

    @Override
    String quote(String name) {
        return '"' + name.replace("\"", "\"\"") + '"';
    }

    @Override
    String check(String column) {
        return ", CONSTRAINT " + quote(worst("ck")) + " CHECK (" + column + " < 1000000)";
    }

    @Override
    String createSchema(String quoted) {
        return "CREATE SCHEMA " + quoted;
    }

    @Override
    String dropSchema(String quoted) {
        return "DROP SCHEMA IF EXISTS " + quoted + " CASCADE";
    }
}
