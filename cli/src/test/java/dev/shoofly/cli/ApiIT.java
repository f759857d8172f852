package dev.shoofly.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.shoofly.servers.DatabaseServer;
import dev.shoofly.servers.PostgresVersion;
import dev.shoofly.servers.fixture.TestServers;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * The API of a running migration, over real HTTP. The migration is held by a flag file all the time, so that nothing depends on
 * how far it is. Runs on PostgreSQL; {@code -Dshoofly.test.database=mysql} takes MySQL.
 */
@Timeout(300)
class ApiIT {
    private static final boolean MYSQL =
            System.getProperty("shoofly.test.database", "postgres").equals("mysql");
    private static final String TOKEN = "geheim-0123456789abcdef";
    private static final Duration LIMIT = Duration.ofMinutes(3);
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Pattern ADDRESS = Pattern.compile("API at http://127\\.0\\.0\\.1:(\\d+)/migrations");

    @TempDir
    private Path directory;

    @TempDir
    private Path secrets;

    private final HttpClient client = HttpClient.newHttpClient();
    private DatabaseServer server;
    private int port;

    /** What came back. */
    private record Reply(int status, String body) {
        JsonNode json() throws IOException {
            return JSON.readTree(body);
        }

        String error() throws IOException {
            return json().get("error").asText();
        }
    }

    @BeforeEach
    void createTheTable() throws SQLException {
        server = MYSQL ? TestServers.mysql() : TestServers.postgres(PostgresVersion.V17);
        try (Connection connection = DriverManager.getConnection(server.jdbcUrl(), server.user(), server.password());
                Statement statement = connection.createStatement()) {
            statement.execute("DROP TABLE IF EXISTS api_t");
            statement.execute("CREATE TABLE api_t (id int NOT NULL PRIMARY KEY, amount int NOT NULL)");
            statement.execute("INSERT INTO api_t VALUES (1, 7), (2, 14), (3, 21)");
        }
    }

    private ShooflyProcess migrate(Path flag) throws IOException {
        Path token = Files.writeString(secrets.resolve("token"), TOKEN + "\n");
        return ShooflyProcess.start(
                directory,
                Map.of("PW", server.password()),
                List.of(
                        "migrate",
                        "--url",
                        server.jdbcUrl(),
                        "--user",
                        server.user(),
                        "--password-env",
                        "PW",
                        "--table",
                        "api_t",
                        "--alter",
                        MYSQL ? "MODIFY amount bigint NOT NULL" : "ALTER COLUMN amount TYPE bigint",
                        "--strategy",
                        "shadow",
                        "--rollback-window",
                        "0s",
                        "--throttle-flag-file",
                        flag.toString(),
                        "--api-port",
                        "0",
                        "--api-token-file",
                        token.toString(),
                        "--verbose"));
    }

    @Test
    void aMigrationIsShownChangedAndLetGoByHttpAndNobodyElseIsAnswered() throws Exception {
        Path flag = Files.createFile(directory.resolve("stop-copying"));
        try (ShooflyProcess migrate = migrate(flag)) {
            await(migrate, () -> ADDRESS.matcher(migrate.err()).find());
            Matcher address = ADDRESS.matcher(migrate.err());
            assertThat(address.find()).isTrue();
            port = Integer.parseInt(address.group(1));
            await(
                    migrate,
                    () -> mine().stream()
                            .anyMatch(each -> each.get("state").asText().equals("COPYING")));
            assertThat(mine()).hasSize(1);
            String id = mine().get(0).get("id").asText();
            String throttle = "/migrations/" + id + "/throttle";
            await(migrate, () -> get(throttle).body().contains("flag file " + flag + " exists"));

            showsWhatTheCommandPrints(throttle, id);
            strangersAreTurnedAway(throttle);
            refusesWithTheWordsOfTheCommand(throttle);
            changesOneAndKeepsTheOthers(throttle);

            Reply letGo = patch(throttle, "{\"throttle-flag-file\": \"none\"}");
            assertThat(letGo.status()).as(letGo.body()).isEqualTo(200);
            assertThat(migrate.exitCode(LIMIT)).as(migrate.err()).isZero();
            assertThat(migrate.err()).doesNotContain("geheim");
        }
        assertThat(textsBelow(directory)).as("the token is written nowhere").noneMatch(text -> text.contains("geheim"));
    }

    private void showsWhatTheCommandPrints(String throttle, String id) throws Exception {
        JsonNode shown = get(throttle).json();
        JsonNode printed = JSON.readTree(command("throttle", id, "--json").out());
        assertThat(shown.properties().stream().map(Map.Entry::getKey))
                .containsExactlyElementsOf(
                        printed.properties().stream().map(Map.Entry::getKey).toList());
        for (String same : List.of("id", "table", "state", "fraction", "heldBackBy", "settings")) {
            assertThat(shown.get(same)).isEqualTo(printed.get(same));
        }
    }

    private void strangersAreTurnedAway(String throttle) throws Exception {
        String before = settings(throttle);
        String change = "{\"throttle-io\": 7}";
        for (String path : List.of("/migrations", throttle, "/nowhere")) {
            assertThat(send("GET", path, null, null).status()).isEqualTo(401);
            assertThat(send("GET", path, "Bearer " + TOKEN + "0", null).status())
                    .isEqualTo(401);
        }
        assertThat(send("PATCH", throttle, null, "application/json", change).error())
                .contains("--api-token-file");
        assertThat(raw("evil.example", throttle)).startsWith("HTTP/1.1 403 ").contains("header Host");
        assertThat(raw("localhost:" + port, throttle)).startsWith("HTTP/1.1 200 ");
        for (String type :
                Arrays.asList(null, "text/plain", "application/x-www-form-urlencoded", "application/jsonx")) {
            Reply reply = send("PATCH", throttle, "Bearer " + TOKEN, type, change);
            assertThat(reply.status()).as("%s", type).isEqualTo(415);
            assertThat(reply.error()).contains("application/json");
        }
        assertThat(settings(throttle)).isEqualTo(before);
    }

    private void refusesWithTheWordsOfTheCommand(String throttle) throws Exception {
        String before = settings(throttle);
        refused(throttle, "{\"throttle-io\": 0}", "throttle", "api_t", "--throttle-io", "0");
        refused(throttle, "{\"max-lag\": \"db2=1ms\"}", "throttle", "api_t", "--max-lag", "db2=1ms");
        refused(
                throttle,
                "{\"throttle-query\": \"SELECT no_such_column\"}",
                "throttle",
                "api_t",
                "--throttle-query",
                "SELECT no_such_column");
        assertThat(patch(throttle, "{\"throttle-oi\": 1}").error()).startsWith("unknown option 'throttle-oi'");
        assertThat(patch(throttle, "{\"throttle-io\": ").status()).isEqualTo(400);
        assertThat(patch(throttle, "{\"throttle-http\": \"" + "x".repeat(64 << 10) + "\"}")
                        .status())
                .isEqualTo(413);
        assertThat(patch("/migrations/nosuchid/throttle", "{\"throttle-io\": 7}")
                        .error())
                .startsWith("there is no migration 'nosuchid' on ");
        assertThat(get("/migrations/nosuchid/throttle").status()).isEqualTo(404);
        assertThat(get("/migrations/" + "x/y").status()).isEqualTo(404);
        assertThat(send("DELETE", throttle, "Bearer " + TOKEN, null).status()).isEqualTo(405);
        assertThat(patch("/migrations", "{}").status()).isEqualTo(405);
        assertThat(settings(throttle)).isEqualTo(before);
    }

    private void refused(String throttle, String change, String... words) throws Exception {
        Reply reply = patch(throttle, change);
        assertThat(reply.status()).isEqualTo(400);
        ShooflyProcess command = command(words);
        assertThat(command.err()).contains(reply.error());
    }

    private void changesOneAndKeepsTheOthers(String throttle) throws Exception {
        Reply changed = patch(
                throttle, "{\"throttle-io\": 40, \"max-lag\": [\"1s\", \"standby_9=10s\"], \"copy-threads\": \"2\"}");
        assertThat(changed.status()).as(changed.body()).isEqualTo(200);
        assertThat(changed.json().get("warnings")).isEmpty();
        JsonNode settings = changed.json().get("settings");
        assertThat(settings.get("throttle-io").asText()).isEqualTo("40");
        assertThat(settings.get("copy-threads").asText()).isEqualTo("2");
        assertThat(settings.get("max-lag").asText()).isEqualTo("1s standby_9=10s");
        assertThat(settings.get("throttle-flag-file").asText()).endsWith("stop-copying");
        JsonNode printed = JSON.readTree(command("throttle", "api_t", "--json").out());
        assertThat(printed.get("settings")).isEqualTo(settings);
        Reply refused = patch(throttle, "{\"replica\": \"" + server.jdbcUrl() + "\"}");
        assertThat(refused.status()).as("to whom the password would be shown").isEqualTo(400);
        assertThat(patch(throttle, "{\"max-lag\": \"standby_9=default\"}").status())
                .isEqualTo(200);
        assertThat(patch(throttle, "{\"replica\": \"none\"}").status()).isEqualTo(200);
    }

    private String settings(String throttle) throws IOException {
        return get(throttle).json().get("settings").toString();
    }

    /** Only this test's: the server is shared. */
    private List<JsonNode> mine() {
        try {
            List<JsonNode> found = new ArrayList<>();
            Reply all = get("/migrations");
            assertThat(all.status()).as(all.body()).isEqualTo(200);
            all.json().forEach(each -> {
                if (each.get("table").asText().endsWith(".api_t")
                        && !each.get("state").asText().matches("COMPLETED|CANCELLED|ROLLED_BACK")) {
                    found.add(each);
                }
            });
            return found;
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private Reply get(String path) {
        return send("GET", path, "Bearer " + TOKEN, null);
    }

    private Reply patch(String path, String body) {
        return send("PATCH", path, "Bearer " + TOKEN, "application/json; charset=utf-8", body);
    }

    private Reply send(String method, String path, @Nullable String authorization, @Nullable String type) {
        return send(method, path, authorization, type, "");
    }

    private Reply send(String method, String path, @Nullable String authorization, @Nullable String type, String body) {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
                .method(method, body.isEmpty() ? BodyPublishers.noBody() : BodyPublishers.ofString(body));
        if (authorization != null) {
            request.header("Authorization", authorization);
        }
        if (type != null) {
            request.header("Content-Type", type);
        }
        try {
            HttpResponse<String> response = client.send(request.build(), HttpResponse.BodyHandlers.ofString());
            assertThat(response.headers().firstValue("Content-Type")).contains("application/json");
            assertThat(response.headers().firstValue("Access-Control-Allow-Origin"))
                    .isEmpty();
            return new Reply(response.statusCode(), response.body());
        } catch (IOException | InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    /** A client that says itself which host it means, as a browser does that was led astray. */
    private String raw(String host, String path) throws IOException {
        try (Socket socket = new Socket("127.0.0.1", port);
                InputStream in = socket.getInputStream()) {
            socket.getOutputStream()
                    .write(("GET " + path + " HTTP/1.1\r\nHost: " + host + "\r\nAuthorization: Bearer " + TOKEN
                                    + "\r\nConnection: close\r\n\r\n")
                            .getBytes(StandardCharsets.US_ASCII));
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    private ShooflyProcess command(String... words) throws Exception {
        try (ShooflyProcess verb = ShooflyProcess.start(directory, Map.of("PW", server.password()), List.of(words))) {
            verb.exitCode(LIMIT);
            return verb;
        }
    }

    private static void await(ShooflyProcess migrate, BooleanSupplier condition) {
        long giveUpAt = System.nanoTime() + LIMIT.toNanos();
        while (!condition.getAsBoolean()) {
            assertThat(migrate.isAlive()).as(migrate.err()).isTrue();
            assertThat(System.nanoTime()).as(migrate.err()).isLessThan(giveUpAt);
            LockSupport.parkNanos(20_000_000);
        }
    }

    private static List<String> textsBelow(Path directory) throws IOException {
        List<String> texts = new ArrayList<>();
        try (Stream<Path> files = Files.walk(directory)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                texts.add(Files.readString(file, StandardCharsets.ISO_8859_1));
            }
        }
        return texts;
    }
}
