package dev.shoofly.coordinator;

import dev.shoofly.servers.DatabaseServer;
import dev.shoofly.servers.fixture.TestServers;

class MySqlUnusualTablesIT extends UnusualTablesContract {
    @Override
    DatabaseServer server() {
        return TestServers.mysql();
    }

    @Override
    OrdersTable orders() {
        return OrdersTable.MYSQL;
    }

    /** 64 characters, none beyond the basic plane, none a blank at the end. */
    @Override
    String worst(String beginning) {
        String name = beginning + " Größe`.\"'\\%d$1?:x;--/*,(Ωж漢)`";
        return name + "z".repeat(64 - name.length());
    }

    @Override
    String quote(String name) {
        return '`' + name.replace("`", "``") + '`';
    }

    /** Refused beside so long a name, which the database's own tests show. */
    @Override
    String check(String column) {
        return "";
    }

    @Override
    String createSchema(String quoted) {
        return "CREATE DATABASE " + quoted;
    }

    @Override
    String dropSchema(String quoted) {
        return "DROP DATABASE IF EXISTS " + quoted;
    }
}
