package dev.shoofly.cli.api;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.HttpExchange;
import dev.shoofly.cli.input.ThrottleBody;
import dev.shoofly.cli.input.ThrottleChange;
import dev.shoofly.cli.throttle.Throttles;
import dev.shoofly.coordinator.MigrationControl;
import dev.shoofly.database.Database;
import dev.shoofly.database.control.Migration;
import dev.shoofly.model.MigrationState;
import java.io.IOException;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * {@code GET /migrations}, {@code GET} and {@code PATCH /migrations/ID/throttle}. Asks the server for one request at a time, so
 * that the migration never lacks a connection because of it.
 */
final class ThrottleResource {
    private static final int MOST_BYTES = 64 << 10;
    private static final Pattern THROTTLE = Pattern.compile("/migrations/([^/]+)/throttle");
    private static final Pattern JSON = Pattern.compile("(?i)application/json\\s*(;.*)?");

    private final Database database;
    private final MigrationControl control;
    private final Throttles throttles;
    private final ObjectMapper mapper;

    ThrottleResource(Database database, ObjectMapper mapper) {
        this.database = database;
        this.control = new MigrationControl(database);
        this.throttles = new Throttles(database);
        this.mapper = mapper;
    }

    /** A line of the list: names as in {@code list --json}. */
    record Line(String id, String table, MigrationState state) {}

    Answer answer(HttpExchange exchange) throws IOException {
        String path = exchange.getRequestURI().getPath();
        Matcher throttle = THROTTLE.matcher(path);
        boolean list = path.equals("/migrations");
        if (!list && !throttle.matches()) {
            return Answer.error(
                    404, "there are GET /migrations, GET /migrations/ID/throttle and PATCH /migrations/ID/throttle");
        }
        return switch (exchange.getRequestMethod().toUpperCase(Locale.ROOT)) {
            case "GET" -> list ? list() : show(throttle.group(1));
            case "PATCH" -> list ? notAllowed(list) : change(throttle.group(1), exchange);
            default -> notAllowed(list);
        };
    }

    private static Answer notAllowed(boolean list) {
        String allowed = list ? "GET" : "GET, PATCH";
        return Answer.error(405, "only " + allowed + " is possible here", Map.of("Allow", allowed));
    }

    private synchronized Answer list() {
        return Answer.of(control.list().stream()
                .map(each -> new Line(each.id().value(), each.source().toString(), each.state()))
                .toList());
    }

    private synchronized Answer show(String id) {
        return find(id).map(found -> Answer.of(throttles.view(found))).orElseGet(() -> unknown(id));
    }

    private Answer change(String id, HttpExchange exchange) throws IOException {
        if (Guard.one(exchange.getRequestHeaders(), "Content-Type")
                .filter(type -> JSON.matcher(type).matches())
                .isEmpty()) {
            return Answer.error(415, "the body must be JSON (header Content-Type: application/json)");
        }
        byte[] body = exchange.getRequestBody().readNBytes(MOST_BYTES + 1);
        if (body.length > MOST_BYTES) {
            return Answer.error(413, "the body must not be longer than " + (MOST_BYTES >> 10) + " kB");
        }
        return change(id, body);
    }

    private synchronized Answer change(String id, byte[] body) {
        Optional<Migration> found = find(id);
        if (found.isEmpty()) {
            return unknown(id);
        }
        ThrottleChange change = ThrottleBody.read(body);
        List<String> warnings = throttles.change(found.get(), change);
        ObjectNode view = mapper.valueToTree(throttles.view(found.get()));
        view.set("warnings", mapper.valueToTree(warnings));
        return Answer.of(view);
    }

    private Optional<Migration> find(String id) {
        return control.list().stream()
                .filter(each -> each.id().value().equals(id))
                .findFirst();
    }

    private Answer unknown(String id) {
        return Answer.error(
                404,
                "there is no migration '" + id + "' on " + database.profile().host() + ":"
                        + database.profile().port() + "; GET /migrations shows those there are");
    }
}
