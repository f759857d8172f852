package dev.shoofly.capture;

import dev.shoofly.servers.DatabaseServer;
import dev.shoofly.servers.PostgresVersion;
import dev.shoofly.servers.fixture.TestServers;

final class PostgresCaptureIT extends CaptureContract {
    @Override
    protected DatabaseServer server() {
        return TestServers.postgres(PostgresVersion.V17);
    }
}
