package dev.shoofly.backfill;

import dev.shoofly.servers.DatabaseServer;
import dev.shoofly.servers.fixture.TestServers;

class MySqlZombieCopierIT extends ZombieCopierContract {
    @Override
    DatabaseServer server() {
        return TestServers.mysql();
    }

    @Override
    String lockWaits() {
        return "SELECT count(*) FROM performance_schema.data_lock_waits";
    }

    @Override
    String sessionsToEnd() {
        return "SELECT concat('KILL ', trx_mysql_thread_id) FROM information_schema.innodb_trx WHERE trx_query IS NULL"
                + " AND trx_rows_modified > 0";
    }
}
