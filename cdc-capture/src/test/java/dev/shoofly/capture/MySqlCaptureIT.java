package dev.shoofly.capture;

import dev.shoofly.servers.DatabaseServer;
import dev.shoofly.servers.fixture.TestServers;

final class MySqlCaptureIT extends CaptureContract {
    @Override
    protected DatabaseServer server() {
        return TestServers.mysql();
    }
}
