package dev.shoofly.verifier;

import dev.shoofly.servers.DatabaseServer;
import dev.shoofly.servers.PostgresVersion;
import dev.shoofly.servers.fixture.TestServers;
import java.util.List;

class PostgresSweepIT extends SweepContract {
    @Override
    DatabaseServer server() {
        return TestServers.postgres(PostgresVersion.V15);
    }

    @Override
    List<String> createUser(String name) {
        return List.of("CREATE ROLE " + name + " SUPERUSER LOGIN PASSWORD '" + server().password() + "'");
    }

    @Override
    String dropUser(String name) {
        return "DROP ROLE " + name;
    }

    /** Not even SELECT FOR KEY SHARE may stand beside it. */
    @Override
    List<String> locksThatLetReadersPass(String source, String shadow) {
        return List.of("LOCK TABLE " + source + ", " + shadow + " IN EXCLUSIVE MODE", "SELECT pg_current_xact_id()");
    }

    @Override
    String openThings(String user) {
        return "SELECT concat_ws(' ', 'transaction', pid, state, query) FROM pg_stat_activity WHERE usename = '" + user
                + "' AND (xact_start IS NOT NULL OR backend_xid IS NOT NULL OR backend_xmin IS NOT NULL)"
                + " UNION ALL SELECT concat_ws(' ', 'lock', l.locktype, l.mode, l.relation::regclass, a.query)"
                + " FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid WHERE a.usename = '" + user + "'";
    }
}
