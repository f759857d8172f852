package dev.shoofly.capture;

import static dev.shoofly.capture.CaptureSettings.Start.FRESH;
import static dev.shoofly.capture.CaptureSettings.Start.RESUME;
import static org.assertj.core.api.Assertions.assertThat;

import dev.shoofly.database.ChangeLog;
import dev.shoofly.model.ErrorKind;
import dev.shoofly.model.KeyType;
import dev.shoofly.model.RowKey;
import dev.shoofly.model.ShooflyException;
import dev.shoofly.servers.DatabaseServer;
import dev.shoofly.servers.PostgresVersion;
import dev.shoofly.servers.fixture.TestServers;
import java.io.IOException;
import java.io.StringReader;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.postgresql.PGConnection;

final class PostgresCaptureIT extends CaptureContract {
    @Override
    protected DatabaseServer server() {
        return TestServers.postgres(PostgresVersion.V17);
    }

    @Test
    void changesNameTheirTransaction() {
        rig.streaming(FRESH);
        String transaction = rig.query("WITH i AS (INSERT INTO " + rig.source()
                        + " VALUES (1,'a') RETURNING 1) SELECT pg_current_xact_id()::xid::text FROM i")
                .get(0);
        ChangesTopicReader topic = rig.topic();
        topic.awaitMarker(rig.marker());
        assertThat(topic.dirtyKeys()).singleElement().satisfies(each -> {
            assertThat(each.transaction()).isEqualTo(transaction);
            assertThat(each.commitMicros()).isPositive();
        });
    }

    @Test
    void everythingSinceTheSlotWasMadeIsCarried() {
        insert(1, 10);
        rig.streaming(FRESH);
        ChangesTopicReader topic = rig.topic();
        topic.awaitMarker(rig.marker());
        assertThat(topic.distinctKeys()).isEqualTo(Set.copyOf(range(1, 10)));
    }

    @Test
    void rowsOfOneCopyThatShareAPositionAllSurviveADeathAmongThem() throws Exception {
        ChangesTopicReader topic = rig.topic();
        rig.streaming(FRESH).close();
        // What comes before the first marker waits for it.
        rig.marker();
        copy(1, 10_000);
        for (int time = 1; time <= 3; time++) {
            // The batches before are published, and their position could be saved; this one never was.
            CaptureEngine dying = rig.engine(RESUME, dieAt("capture.read", time));
            dying.start();
            rig.awaitFailure(dying);
        }
        CaptureEngine last = rig.engine(RESUME, dieOnceKeysAreThere("capture.read", rig.topic()));
        last.start();
        rig.awaitFailure(last);
        rig.streaming(RESUME);
        topic.awaitMarker(rig.marker());
        assertThat(topic.distinctKeys()).isEqualTo(Set.copyOf(range(1, 10_000)));
    }

    private void copy(int from, int to) throws SQLException, IOException {
        String rows =
                IntStream.rangeClosed(from, to).mapToObj(id -> id + "\tn\n").collect(Collectors.joining());
        try (Connection connection =
                DriverManager.getConnection(server().jdbcUrl(), server().user(), server().password())) {
            connection
                    .unwrap(PGConnection.class)
                    .getCopyAPI()
                    .copyIn("COPY " + rig.source() + " FROM STDIN", new StringReader(rows));
        }
    }

    @Test
    void keysGoOnAfterTheSwapAndAfterTheSwapBack() throws Exception {
        try (CaptureRig swapped = CaptureRig.create(
                server(),
                TestServers.kafka(),
                newName(),
                "(id int PRIMARY KEY, note varchar(100))",
                List.of(Plans.keyColumn("id", "order_id", KeyType.INTEGER)),
                PARTITIONS)) {
            String source = swapped.source();
            String shadow = swapped.quoted(swapped.plan.shadow());
            String old = swapped.quoted(swapped.plan.old());
            String publication = ChangeLog.publication(swapped.plan.id());
            ChangesTopicReader topic = swapped.topic();
            CaptureEngine engine = swapped.streaming(FRESH);
            swapped.sql("CREATE TABLE " + shadow + " (extra int, order_id bigint PRIMARY KEY, note varchar(100))");
            swapped.sql("INSERT INTO " + shadow + " VALUES (0, 1000, 'not the source')");
            swapped.sql("INSERT INTO " + source + " VALUES (1,'a')");
            swapped.transaction(
                    "INSERT INTO " + shadow + " VALUES (0, 1001, 'not published')",
                    "ALTER TABLE " + source + " RENAME TO \""
                            + swapped.plan.old().table() + "\"",
                    "ALTER TABLE " + shadow + " RENAME TO \""
                            + swapped.plan.source().table() + "\"",
                    "ALTER PUBLICATION " + publication + " SET TABLE " + source + ", " + old + ", shoofly.markers");
            swapped.sql("INSERT INTO " + source + " VALUES (7, 9000000000, 'b')");
            swapped.sql("INSERT INTO " + old + " VALUES (2000,'not the source')");
            topic.awaitMarker(swapped.marker());
            assertThat(topic.keys()).containsExactlyInAnyOrder(RowKey.of("1"), RowKey.of("9000000000"));

            engine.close();
            swapped.sql("UPDATE " + source + " SET order_id = 3 WHERE order_id > 1000000");
            CaptureEngine second = swapped.streaming(RESUME);
            swapped.sql("DELETE FROM " + source + " WHERE order_id = 3");
            topic.awaitMarker(swapped.marker());
            second.close();
            swapped.sql("INSERT INTO " + source + " VALUES (0, 4, 'd')");
            swapped.transaction(
                    "ALTER TABLE " + source + " RENAME TO \""
                            + swapped.plan.shadow().table() + "\"",
                    "ALTER TABLE " + old + " RENAME TO \""
                            + swapped.plan.source().table() + "\"");
            swapped.sql("INSERT INTO " + source + " VALUES (5,'e')");
            swapped.streaming(RESUME);
            topic.awaitMarker(swapped.marker());
            assertThat(topic.distinctKeys())
                    .containsExactlyInAnyOrder(
                            RowKey.of("1"), RowKey.of("9000000000"), RowKey.of("3"), RowKey.of("4"), RowKey.of("5"));
        }
    }

    @Test
    void aSlotThatIsGoneIsToldInsteadOfMadeAnew() {
        rig.streaming(FRESH).close();
        rig.dropSlot();
        CaptureEngine engine = rig.engine(RESUME);
        engine.start();
        ShooflyException failure = rig.awaitFailure(engine);
        assertThat(failure.kind()).isEqualTo(ErrorKind.REFUSED);
        assertThat(failure).hasMessageContaining("replication slot").hasMessageContaining("is gone");
    }

    @Test
    void aKeyOutsideTheReplicaIdentityIsRefused() throws Exception {
        try (CaptureRig other = CaptureRig.create(
                server(),
                TestServers.kafka(),
                newName(),
                "(id bigint PRIMARY KEY, code text NOT NULL UNIQUE)",
                List.of(Plans.keyColumn("code", KeyType.TEXT)),
                PARTITIONS)) {
            CaptureEngine engine = other.engine(FRESH);
            engine.start();
            ShooflyException failure = other.awaitFailure(engine);
            assertThat(failure.kind()).isEqualTo(ErrorKind.REFUSED);
            assertThat(failure).hasMessageContaining("REPLICA IDENTITY");

            other.sql("ALTER TABLE " + other.source() + " REPLICA IDENTITY FULL");
            other.streaming(FRESH);
            other.sql("INSERT INTO " + other.source() + " VALUES (1,'a')");
            other.sql("UPDATE " + other.source() + " SET code = 'b'");
            other.sql("DELETE FROM " + other.source());
            ChangesTopicReader topic = other.topic();
            topic.awaitMarker(other.marker());
            assertThat(topic.distinctKeys()).containsExactlyInAnyOrder(RowKey.of("a"), RowKey.of("b"));
        }
    }

    @Test
    void aTypeThatDebeziumCannotReadIsNamed() {
        rig.sql("CREATE TYPE weather AS ENUM ('sun')", "CREATE DOMAIN fair_weather AS weather");
        try {
            CaptureEngine engine = rig.engine(FRESH);
            engine.start();
            assertThat(rig.awaitFailure(engine)).hasMessageContaining("fair_weather");
        } finally {
            rig.sql("DROP DOMAIN fair_weather", "DROP TYPE weather");
        }
    }

    @Test
    void messagesOfOthersInTheLogAreNoChanges() {
        CaptureEngine engine = rig.streaming(FRESH);
        rig.sql("SELECT pg_logical_emit_message(true, 'app', 'hello')");
        rig.sql("SELECT pg_logical_emit_message(false, 'app', 'hello')");
        insert(1, 1);
        ChangesTopicReader topic = rig.topic();
        topic.awaitMarker(rig.marker());
        assertThat(engine.failure()).isEmpty();
        assertThat(topic.keys()).containsExactlyElementsOf(keys(1));
    }

    @Test
    void oddNamesAreTakenLiterally() throws Exception {
        String table = "Or.d,e\"rs' *" + newName();
        try (CaptureRig odd = CaptureRig.create(
                server(),
                TestServers.kafka(),
                table,
                "(\"k.e,y\"\"\" bigint, \"Grüße 🧀\" varchar(10), other int,"
                        + " PRIMARY KEY (\"k.e,y\"\"\", \"Grüße 🧀\"))",
                List.of(Plans.keyColumn("k.e,y\"", KeyType.INTEGER), Plans.keyColumn("Grüße 🧀", KeyType.TEXT)),
                PARTITIONS)) {
            odd.streaming(FRESH);
            odd.sql("INSERT INTO " + odd.source() + " VALUES (1,'a',0)");
            odd.sql("UPDATE " + odd.source() + " SET other = 1");
            odd.sql("DELETE FROM " + odd.source());
            ChangesTopicReader topic = odd.topic();
            topic.awaitMarker(odd.marker());
            assertThat(topic.keys()).containsOnly(RowKey.of("1", "a")).hasSize(3);
        }
    }
}
