package dev.shoofly.coordinator;

import static org.assertj.core.api.Assertions.assertThat;

import dev.shoofly.model.CutoverMode;
import dev.shoofly.servers.DatabaseServer;
import dev.shoofly.servers.PostgresVersion;
import dev.shoofly.servers.fixture.TestServers;
import org.junit.jupiter.api.Test;

class PostgresForeignChangesIT extends ForeignChangesContract {
    @Override
    DatabaseServer server() {
        return TestServers.postgres(PostgresVersion.V15);
    }

    @Override
    OrdersTable table() {
        return OrdersTable.POSTGRES;
    }

    @Test
    void aTableThatIsNoLongerPublishedEndsTheMigration() throws Exception {
        String reason = failureAfter(READY, """
                DO $$ DECLARE name text; BEGIN
                  SELECT pubname INTO name FROM pg_publication_tables WHERE tablename = 'orders';
                  EXECUTE format('ALTER PUBLICATION %I DROP TABLE orders', name);
                END $$
                """, CutoverMode.MANUAL);
        assertThat(reason).contains("the publication shoofly_").contains("changes may be missing");
    }

    @Test
    void aSlotThatSomebodyDropsEndsTheMigration() throws Exception {
        String reason = failureAfter(READY, """
                DO $$ DECLARE slot text; BEGIN
                  SELECT slot_name INTO slot FROM pg_replication_slots WHERE slot_name LIKE 'shoofly%' AND active;
                  LOOP
                    BEGIN
                      PERFORM pg_terminate_backend(active_pid) FROM pg_replication_slots WHERE slot_name = slot;
                      PERFORM pg_drop_replication_slot(slot);
                      RETURN;
                    EXCEPTION WHEN object_in_use THEN PERFORM pg_sleep(0.001);
                    END;
                  END LOOP;
                END $$
                """, CutoverMode.MANUAL);
        assertThat(reason).contains("replication slot").contains("is gone");
    }
}
