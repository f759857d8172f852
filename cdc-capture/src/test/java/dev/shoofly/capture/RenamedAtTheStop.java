package dev.shoofly.capture;

import static dev.shoofly.capture.CaptureSettings.Start.FRESH;
import static dev.shoofly.capture.CaptureSettings.Start.RESUME;
import static org.assertj.core.api.Assertions.assertThat;

import dev.shoofly.model.KeyType;
import dev.shoofly.model.RowKey;
import dev.shoofly.servers.DatabaseServer;
import dev.shoofly.servers.fixture.TestServers;
import java.util.List;

/** The swap, and the swap back, each with nothing behind it in the log when the capture ends, as by a kill in that moment. */
final class RenamedAtTheStop {
    private RenamedAtTheStop() {}

    /** @param readings how often a capture reads the rename that stands last in the log, ended and resumed twice */
    static void check(DatabaseServer server, String table, int readings) throws Exception {
        try (CaptureRig rig = CaptureRig.create(
                server,
                TestServers.kafka(),
                table,
                "(id bigint PRIMARY KEY, note varchar(100))",
                List.of(Plans.keyColumn("id", KeyType.INTEGER)),
                4)) {
            String source = rig.source();
            String shadow = rig.quoted(rig.plan.shadow());
            String old = rig.quoted(rig.plan.old());
            ChangesTopicReader topic = rig.topic();
            CaptureEngine engine = rig.streaming(FRESH);
            rig.sql("CREATE TABLE " + shadow + " LIKE " + source, "ALTER TABLE " + shadow + " ADD extra int FIRST");
            topic.awaitMarker(rig.marker());

            rig.sql("RENAME TABLE " + source + " TO " + old + ", " + shadow + " TO " + source);
            stopAndResumeTwice(rig, engine, 0, readings);
            rig.sql("INSERT INTO " + source + " VALUES (10, 1, 'new')");
            engine = rig.streaming(RESUME);
            topic.awaitMarker(rig.marker());

            rig.sql("RENAME TABLE " + source + " TO " + shadow + ", " + old + " TO " + source);
            stopAndResumeTwice(rig, engine, readings, readings);
            rig.sql("INSERT INTO " + source + " VALUES (2, 'old')");
            rig.streaming(RESUME);
            topic.awaitMarker(rig.marker());
            assertThat(topic.distinctKeys()).containsExactlyInAnyOrder(RowKey.of("1"), RowKey.of("2"));
        }
    }

    private static void stopAndResumeTwice(CaptureRig rig, CaptureEngine running, int before, int readings) {
        rig.awaitRenames(2 * (before + 1));
        running.close();
        for (int i = 0; i < 2; i++) {
            CaptureEngine again = rig.streaming(RESUME);
            rig.awaitRenames(2 * (before + Math.min(readings, i + 2)));
            again.close();
        }
    }
}
