package dev.shoofly.cli.run;

import dev.shoofly.cli.api.ApiServer;
import dev.shoofly.cli.input.ApiRequest;
import dev.shoofly.cli.logging.SecretMask;
import dev.shoofly.cli.screen.Screen;
import dev.shoofly.database.Database;
import dev.shoofly.database.connection.Secret;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The API, if it was asked for. */
final class ApiEndpoint implements AutoCloseable {
    private final @Nullable ApiServer server;

    /** @param token present when the request is */
    ApiEndpoint(
            Optional<ApiRequest> request, Optional<Secret> token, Database database, SecretMask mask, Screen screen) {
        server = request.map(api -> ApiServer.start(api.port(), token.orElseThrow(), database, mask))
                .orElse(null);
        if (server != null) {
            screen.say("API at http://127.0.0.1:" + server.port() + "/migrations");
        }
    }

    @Override
    public void close() {
        if (server != null) {
            server.close();
        }
    }
}
