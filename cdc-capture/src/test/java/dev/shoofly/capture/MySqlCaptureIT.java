package dev.shoofly.capture;

import static dev.shoofly.capture.CaptureSettings.Start.FRESH;
import static dev.shoofly.capture.CaptureSettings.Start.RESUME;
import static org.assertj.core.api.Assertions.assertThat;

import dev.shoofly.model.ErrorKind;
import dev.shoofly.model.KeyType;
import dev.shoofly.model.RowKey;
import dev.shoofly.model.ShooflyException;
import dev.shoofly.servers.DatabaseServer;
import dev.shoofly.servers.fixture.TestServers;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class MySqlCaptureIT extends CaptureContract {
    @Override
    protected DatabaseServer server() {
        return TestServers.mysql();
    }

    @Test
    void changesNameTheirTransaction() {
        rig.streaming(FRESH);
        rig.transaction(
                "INSERT INTO " + rig.source() + " VALUES (1,'a')", "INSERT INTO " + rig.source() + " VALUES (2,'b')");
        insert(3, 3);
        ChangesTopicReader topic = rig.topic();
        topic.awaitMarker(rig.marker());

        String executed = rig.query("SELECT @@gtid_executed").get(0);
        assertThat(topic.dirtyKeys()).hasSize(3).allSatisfy(each -> {
            assertThat(each.transaction()).startsWith(executed.substring(0, 36));
            assertThat(each.commitMicros()).isPositive();
        });
        assertThat(topic.dirtyKeys().stream().map(each -> each.transaction()).distinct())
                .hasSize(2);
    }

    @Test
    void replacedAndUpsertedRowsAreCarried() {
        rig.sql("ALTER TABLE " + rig.source() + " ADD UNIQUE (note)");
        rig.streaming(FRESH);
        String t = rig.source();
        rig.sql("INSERT INTO " + t + " VALUES (1,'a'),(2,'b')");
        ChangesTopicReader topic = rig.topic();
        topic.awaitMarker(rig.marker());
        topic.clear();

        // Deletes row 1 because of its note.
        rig.sql("REPLACE INTO " + t + " VALUES (3,'a')");
        rig.sql("INSERT INTO " + t + " VALUES (9,'b') ON DUPLICATE KEY UPDATE note = 'c'");
        rig.sql("INSERT INTO " + t + " VALUES (4,'c') ON DUPLICATE KEY UPDATE id = 5");
        topic.awaitMarker(rig.marker());
        assertThat(topic.distinctKeys()).isEqualTo(Set.copyOf(keys(1, 3, 2, 5)));
    }

    @Test
    void keysGoOnAfterTheSwapAndAfterTheSwapBack() throws Exception {
        String table = newName();
        try (CaptureRig swapped = CaptureRig.create(
                server(),
                TestServers.kafka(),
                table,
                "(id int PRIMARY KEY, note varchar(100))",
                List.of(Plans.keyColumn("id", "order_id", KeyType.INTEGER)),
                PARTITIONS)) {
            String source = swapped.source();
            String shadow = swapped.quoted(swapped.plan.shadow());
            String old = swapped.quoted(swapped.plan.old());
            ChangesTopicReader topic = swapped.topic();
            CaptureEngine engine = swapped.streaming(FRESH);
            swapped.sql("CREATE TABLE " + shadow + " LIKE " + source);
            swapped.sql("ALTER TABLE " + shadow
                    + " ADD extra int FIRST, CHANGE id order_id bigint unsigned NOT NULL, ADD KEY (note)");
            swapped.sql("INSERT INTO " + shadow + " VALUES (0, 1000, 'not the source')");
            swapped.sql("INSERT INTO " + source + " VALUES (1,'a')");
            swapped.sql("RENAME TABLE " + source + " TO " + old + ", " + shadow + " TO " + source);
            swapped.sql("INSERT INTO " + source + " VALUES (7, 18446744073709551615, 'b')");
            swapped.sql("INSERT INTO " + old + " VALUES (2000,'not the source')");
            topic.awaitMarker(swapped.marker());
            assertThat(topic.keys()).containsExactlyInAnyOrder(RowKey.of("1"), RowKey.of("18446744073709551615"));

            engine.close();
            swapped.sql("UPDATE " + source + " SET order_id = 3 WHERE order_id > 1000000");
            CaptureEngine second = swapped.streaming(RESUME);
            swapped.sql("DELETE FROM " + source + " WHERE order_id = 3");
            swapped.sql("RENAME TABLE " + source + " TO " + shadow + ", " + old + " TO " + source);
            swapped.sql("INSERT INTO " + source + " VALUES (4,'d')");
            second.close();
            swapped.sql("INSERT INTO " + source + " VALUES (5,'e')");
            swapped.streaming(RESUME);
            topic.awaitMarker(swapped.marker());
            assertThat(topic.distinctKeys())
                    .containsExactlyInAnyOrder(
                            RowKey.of("1"),
                            RowKey.of("18446744073709551615"),
                            RowKey.of("3"),
                            RowKey.of("4"),
                            RowKey.of("5"));
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "ALTER TABLE %s ADD COLUMN added int",
                "CREATE INDEX added ON %s (note)",
                "TRUNCATE %s",
                "/* mine */ truncate table %s",
                "DROP TABLE %s",
                "RENAME TABLE %s TO renamed_away"
            })
    void aDefinitionChangedBySomebodyElseStopsTheMigration(String statement) {
        CaptureEngine engine = rig.streaming(FRESH);
        rig.sql("DROP TABLE IF EXISTS renamed_away");
        insert(1, 1);
        rig.sql(statement.formatted(rig.source()));
        ShooflyException failure = rig.awaitFailure(engine);

        assertThat(failure.kind()).as(failure.getMessage()).isEqualTo(ErrorKind.REFUSED);
        assertThat(failure).hasMessageContaining("start it again");
    }

    @Test
    void definitionsOfOtherTablesAreNobodysConcern() {
        CaptureEngine engine = rig.streaming(FRESH);
        String other = newName();
        rig.sql(
                "CREATE TABLE " + other + " LIKE " + rig.source(),
                "ALTER TABLE " + other + " ADD COLUMN added int",
                "CREATE INDEX i ON " + other + " (note)",
                "CREATE VIEW v_" + other + " AS SELECT o.* FROM " + other + " AS o JOIN " + rig.source() + " ON "
                        + rig.source() + ".id = o.id",
                "CREATE TABLE IF NOT EXISTS " + rig.source() + " (note varchar(100), id bigint PRIMARY KEY)",
                "CREATE TABLE like_" + other + " LIKE " + rig.source(),
                "CREATE USER u_" + other,
                "GRANT SELECT ON " + rig.source() + " TO u_" + other,
                "REVOKE SELECT ON " + rig.source() + " FROM u_" + other,
                "DROP USER u_" + other,
                "OPTIMIZE TABLE " + rig.source(),
                "FLUSH TABLES " + rig.source(),
                "CREATE TRIGGER t_" + other + " BEFORE INSERT ON " + other + " FOR EACH ROW SET @x = 1",
                // The dialect looks after these: the swap makes some itself.
                "CREATE TRIGGER s_" + other + " BEFORE INSERT ON " + rig.source() + " FOR EACH ROW SET @x = 1",
                "DROP TRIGGER s_" + other,
                "CREATE FUNCTION f_" + other + "() RETURNS int DETERMINISTIC NO SQL RETURN 1",
                "TRUNCATE " + other,
                "DROP VIEW v_" + other,
                "DROP FUNCTION f_" + other,
                "DROP TABLE " + other,
                "CREATE DATABASE d_" + other,
                "CREATE TABLE d_" + other + ".x (id int PRIMARY KEY)",
                "DROP DATABASE d_" + other,
                "ANALYZE TABLE " + rig.source());
        insert(1, 1);
        ChangesTopicReader topic = rig.topic();
        topic.awaitKeys(Set.copyOf(keys(1)), engine);
        assertThat(topic.keys()).containsExactlyElementsOf(keys(1));
    }

    @Test
    void oddNamesAreTakenLiterally() throws Exception {
        String table = "Or.d,e`rs\"' *" + newName();
        try (CaptureRig odd = CaptureRig.create(
                server(),
                TestServers.kafka(),
                table,
                "(`k.e,y``` bigint, `Grüße` varchar(10), other int, PRIMARY KEY (`k.e,y```, `Grüße`))",
                List.of(Plans.keyColumn("k.e,y`", KeyType.INTEGER), Plans.keyColumn("Grüße", KeyType.TEXT)),
                PARTITIONS)) {
            odd.streaming(FRESH);
            odd.sql("INSERT INTO " + odd.source() + " VALUES (1,'a',0)");
            ChangesTopicReader topic = odd.topic();
            topic.awaitMarker(odd.marker());
            assertThat(topic.keys()).containsExactly(RowKey.of("1", "a"));
        }
    }

    @Test
    void aZeroDateInTheKeyIsToldAndNothingIsGuessed() throws Exception {
        try (CaptureRig dates = CaptureRig.create(
                server(),
                TestServers.kafka(),
                newName(),
                "(id date PRIMARY KEY)",
                List.of(Plans.keyColumn("id", KeyType.DATE)),
                PARTITIONS)) {
            CaptureEngine engine = dates.streaming(FRESH);
            dates.transaction("SET SESSION sql_mode = ''", "INSERT INTO " + dates.source() + " VALUES ('0000-00-00')");
            ShooflyException failure = dates.awaitFailure(engine);
            assertThat(failure.kind()).isEqualTo(ErrorKind.DATA);
            assertThat(failure).hasMessageContaining("key column id").hasMessageContaining("zero date");
        }
    }

    @Test
    void aCharacterSetThatCannotBeReadExactlyIsRefused() throws Exception {
        try (CaptureRig text = CaptureRig.create(
                server(),
                TestServers.kafka(),
                newName(),
                "(id varchar(10) CHARACTER SET armscii8 PRIMARY KEY)",
                List.of(Plans.keyColumn("id", KeyType.TEXT)),
                PARTITIONS)) {
            CaptureEngine engine = text.engine(FRESH);
            engine.start();
            assertThat(text.awaitFailure(engine)).hasMessageContaining("armscii8");
        }
    }

    @Test
    void aSessionWithMinimalRowImagesIsToldOrCarriedRight() {
        ChangesTopicReader topic = rig.topic();
        CaptureEngine engine = rig.streaming(FRESH);
        insert(1, 2);
        topic.awaitMarker(rig.marker());
        topic.clear();
        rig.session(
                "SET SESSION binlog_row_image = MINIMAL",
                "UPDATE " + rig.source() + " SET note = 'm' WHERE id = 1",
                "DELETE FROM " + rig.source() + " WHERE id = 2",
                "SET SESSION binlog_row_image = FULL");
        rig.marker();
        long deadline = System.nanoTime() + CaptureRig.PATIENCE.toNanos();
        while (engine.failure().isEmpty() && !topic.distinctKeys().containsAll(keys(1, 2))) {
            assertThat(System.nanoTime()).isLessThan(deadline);
            topic.poll();
        }
    }

    @Test
    void compressedTransactionsAreCarriedOverARestart() {
        ChangesTopicReader topic = rig.topic();
        CaptureEngine first = rig.streaming(FRESH);
        compressed(
                "INSERT INTO " + rig.source() + " VALUES (1,'a'),(2,'b')",
                "UPDATE " + rig.source() + " SET id = id + 10");
        compressed("INSERT INTO " + rig.source() + " VALUES (3,'c')");
        topic.awaitKeys(Set.copyOf(keys(1, 2, 11, 12, 3)));
        // The saved position now lies inside the first transaction or behind it.
        first.close();
        compressed("INSERT INTO " + rig.source() + " VALUES (4,'d'),(5,'e')");
        rig.streaming(RESUME);
        compressed("DELETE FROM " + rig.source() + " WHERE id = 12");
        topic.awaitMarker(rig.marker());
        assertThat(topic.distinctKeys()).isEqualTo(Set.copyOf(keys(1, 2, 11, 12, 3, 4, 5)));
    }

    private void compressed(String... statements) {
        List<String> all =
                new ArrayList<>(List.of("SET SESSION binlog_transaction_compression = ON", "START TRANSACTION"));
        all.addAll(List.of(statements));
        all.addAll(List.of("COMMIT", "SET SESSION binlog_transaction_compression = OFF"));
        rig.session(all.toArray(String[]::new));
    }

    @Test
    void aServerThatLogsPartsOfRowsIsRefused() {
        rig.sql("SET GLOBAL binlog_row_value_options = PARTIAL_JSON");
        try {
            CaptureEngine engine = rig.engine(FRESH);
            engine.start();
            assertThat(rig.awaitFailure(engine)).hasMessageContaining("binlog_row_value_options");
        } finally {
            rig.sql("SET GLOBAL binlog_row_value_options = ''");
        }
    }

    @Test
    void aPurgedLogIsTold() throws Exception {
        try (DatabaseServer server = TestServers.dedicatedMySql(Map.of());
                CaptureRig purged = CaptureRig.create(
                        server,
                        TestServers.kafka(),
                        "orders",
                        "(id bigint PRIMARY KEY, note varchar(100))",
                        List.of(Plans.keyColumn("id", KeyType.INTEGER)),
                        PARTITIONS)) {
            purged.streaming(FRESH).close();
            purged.sql("INSERT INTO orders VALUES (1,'a')", "FLUSH BINARY LOGS");
            String last = purged.query("SHOW MASTER STATUS").get(0);
            purged.sql("PURGE BINARY LOGS TO '" + last + "'");

            CaptureEngine engine = purged.engine(RESUME);
            engine.start();
            ShooflyException failure = purged.awaitFailure(engine);
            assertThat(failure.kind()).as(failure.getMessage()).isEqualTo(ErrorKind.REFUSED);
            assertThat(failure).hasMessageContaining("no longer has its log").hasMessageContaining("start it again");
        }
    }

    @Test
    void aRenameThatWasTheLastThingReadIsKnownAfterTheRestart() throws Exception {
        RenamedAtTheStop.check(server(), newName(), 3);
    }
}
