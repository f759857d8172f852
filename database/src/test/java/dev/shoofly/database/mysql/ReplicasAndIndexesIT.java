package dev.shoofly.database.mysql;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import dev.shoofly.database.throttle.ServerLoad;
import dev.shoofly.model.CutoverSettings;
import dev.shoofly.model.DeferIndexes;
import dev.shoofly.model.MigrationId;
import dev.shoofly.model.MigrationSpec;
import dev.shoofly.model.OnDuplicates;
import dev.shoofly.model.StrategyChoice;
import dev.shoofly.servers.fixture.ReplicatedMySql;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.slf4j.LoggerFactory;

/** A replica repeats the build of indexes as one event and applies nothing else meanwhile: whether they are put off, then. */
@Timeout(180)
class ReplicasAndIndexesIT {
    private static ReplicatedMySql servers;
    private static Bench bench;

    @BeforeAll
    static void open() throws SQLException {
        servers = ReplicatedMySql.start(Map.of("report_host", "db2.example"));
        bench = Bench.on(servers.primary());
        bench.sql(
                "CREATE TABLE t (id INT PRIMARY KEY, tenant INT NOT NULL, KEY by_tenant (tenant))",
                "SET SESSION cte_max_recursion_depth = 100000",
                "INSERT INTO t WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100000)"
                        + " SELECT i, i % 100 FROM n",
                "ANALYZE TABLE t",
                "CREATE TABLE ping (id INT AUTO_INCREMENT PRIMARY KEY)");
    }

    @AfterAll
    static void close() throws SQLException {
        bench.close();
        servers.close();
    }

    /** Of a server that others use, few processors would be a reason of their own. */
    private static void awaitNobodyElse() throws Exception {
        try (ServerLoad load = bench.database().load()) {
            Bench.await(() -> !load.othersWork());
        }
    }

    private static int replicas() throws SQLException {
        return bench.rows("SHOW REPLICAS").size();
    }

    private static List<String> putOff(DeferIndexes wish) {
        MigrationSpec spec = new MigrationSpec(
                "t",
                List.of("ADD COLUMN w INT"),
                StrategyChoice.SHADOW,
                Bench.PARTITIONS,
                100,
                CutoverSettings.DEFAULT,
                OnDuplicates.FAIL,
                wish);
        return bench.database()
                .deferredIndexes(bench.database()
                        .preparation()
                        .createShadow(
                                MigrationId.random(new Random()),
                                bench.database().preparation().resolve("t"),
                                spec))
                .missing();
    }

    @Test
    void indexesArePutOffUnlessAReplicaIsAttachedOrTheOperatorSaysSo() throws Exception {
        Bench.await(() -> replicas() == 1);
        awaitNobodyElse();
        ListAppender<ILoggingEvent> said = listen();
        assertThat(putOff(DeferIndexes.AUTO)).isEmpty();
        assertThat(said.list)
                .extracting(ILoggingEvent::getFormattedMessage)
                .singleElement()
                .asString()
                .isEqualTo("the indexes of " + bench.schema() + ".t are not put off: the replicas db2.example:"
                        + servers.replica().port() + " would fall behind by the time that the build takes."
                        + " --defer-indexes always accepts that");
        assertThat(putOff(DeferIndexes.ALWAYS)).containsExactly("by_tenant");
        assertThat(putOff(DeferIndexes.NEVER)).isEmpty();

        servers.onReplica("STOP REPLICA");
        // The server strikes a replica off when it has something to send to it that it cannot.
        Bench.await(() -> {
            bench.sql("INSERT INTO ping VALUES ()");
            return replicas() == 0;
        });
        awaitNobodyElse();
        said.list.clear();
        assertThat(putOff(DeferIndexes.AUTO)).containsExactly("by_tenant");
        assertThat(said.list).isEmpty();
        log().detachAppender(said);
        log().setLevel(null);
    }

    private static Logger log() {
        return (Logger) LoggerFactory.getLogger(IndexPlan.class);
    }

    private static ListAppender<ILoggingEvent> listen() {
        ListAppender<ILoggingEvent> appender = new ListAppender<>();
        appender.start();
        log().setLevel(Level.INFO);
        log().addAppender(appender);
        return appender;
    }
}
