package dev.shoofly.verifier;

import dev.shoofly.servers.DatabaseServer;
import dev.shoofly.servers.fixture.TestServers;
import java.util.List;

class MySqlSweepIT extends SweepContract {
    @Override
    DatabaseServer server() {
        return TestServers.mysql();
    }

    @Override
    List<String> createUser(String name) {
        return List.of(
                "CREATE USER " + name + "@'%' IDENTIFIED BY '" + server().password() + "'",
                "GRANT ALL ON *.* TO " + name + "@'%'");
    }

    @Override
    String dropUser(String name) {
        return "DROP USER " + name + "@'%'";
    }

    /** Of every row and every gap, and by them of the tables' definitions. */
    @Override
    List<String> locksThatLetReadersPass(String source, String shadow) {
        return List.of("SELECT id FROM " + source + " FOR UPDATE", "SELECT id FROM " + shadow + " FOR UPDATE");
    }

    /** Not by innodb_trx, which shows what it showed up to a tenth of a second ago. */
    @Override
    String openThings(String user) {
        String threads = "performance_schema.threads t WHERE t.processlist_user = '" + user + "' AND t.thread_id = ";
        return "SELECT CONCAT_WS(' ', 'transaction', x.state, x.isolation_level) FROM"
                + " performance_schema.events_transactions_current x, " + threads
                + "x.thread_id AND x.state = 'ACTIVE'"
                + " UNION ALL SELECT CONCAT_WS(' ', 'lock', l.lock_type, l.lock_mode, l.object_name) FROM"
                + " performance_schema.data_locks l, " + threads + "l.thread_id"
                + " UNION ALL SELECT CONCAT_WS(' ', 'lock', l.object_type, l.lock_type, l.object_name) FROM"
                + " performance_schema.metadata_locks l, " + threads
                + "l.owner_thread_id AND l.object_type = 'TABLE'";
    }
}
