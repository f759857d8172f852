package dev.shoofly.capture;

import static dev.shoofly.capture.CaptureSettings.Start.FRESH;
import static org.assertj.core.api.Assertions.assertThat;

import dev.shoofly.model.ErrorKind;
import dev.shoofly.model.KeyType;
import dev.shoofly.model.ShooflyException;
import dev.shoofly.servers.fixture.TestServers;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Sessions with binlog_format=STATEMENT leave statements in the log where rows should be. */
final class LoggedStatementsIT {
    private CaptureRig rig;
    private String other;

    @BeforeEach
    void createTables() {
        rig = CaptureRig.create(
                TestServers.mysql(),
                TestServers.kafka(),
                CaptureContract.newName(),
                "(id bigint PRIMARY KEY, note varchar(100))",
                List.of(Plans.keyColumn("id", KeyType.INTEGER)),
                CaptureContract.PARTITIONS);
        other = "other_" + rig.plan.source().table();
        rig.sql("CREATE TABLE " + other + " (id bigint PRIMARY KEY, note varchar(100))");
    }

    @AfterEach
    void close() throws Exception {
        rig.close();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "INSERT INTO %s VALUES (1, 'a')",
                "/* by hand */ UPDATE %s SET note = 'b'",
                "WITH n AS (SELECT 1 AS id) DELETE s FROM %s AS s JOIN n USING (id)"
            })
    void aChangeOfTheSourceThatWasLoggedAsAStatementStopsTheMigration(String statement) {
        CaptureEngine engine = rig.streaming(FRESH);
        asStatements(statement.formatted(rig.source()));
        ShooflyException failure = rig.awaitFailure(engine);
        assertThat(failure.kind()).as(failure.getMessage()).isEqualTo(ErrorKind.REFUSED);
        assertThat(failure)
                .hasMessageContaining(statement.formatted(rig.source()))
                .hasMessageContaining("binlog_format = ROW")
                .hasMessageContaining("start it again");
    }

    @Test
    void suchChangesOfOtherTablesAreNobodysConcern() {
        CaptureEngine engine = rig.streaming(FRESH);
        asStatements(
                "INSERT INTO " + other + " SELECT * FROM " + rig.source(),
                "REPLACE INTO " + other + " VALUES (1, '" + rig.plan.source().table() + "')",
                "/* " + rig.plan.source().table() + " */ UPDATE " + other + " SET note = 'x'",
                "WITH n AS (SELECT 1 AS id) UPDATE " + other + " JOIN n USING (id) SET note = 'y'",
                "DELETE FROM " + other + " WHERE note = \"" + rig.plan.source().table() + "\"",
                "DELETE FROM " + other);
        rig.topic().awaitMarker(rig.marker());
        assertThat(engine.failure()).isEmpty();
    }

    private void asStatements(String... statements) {
        List<String> all = new ArrayList<>(List.of("SET SESSION binlog_format = STATEMENT"));
        all.addAll(List.of(statements));
        all.add("SET SESSION binlog_format = ROW");
        rig.session(all.toArray(String[]::new));
    }
}
