package dev.shoofly.coordinator.check;

import dev.shoofly.backfill.DirtyKeyPublisher;
import dev.shoofly.coordinator.KafkaAccess;
import dev.shoofly.database.Comparer;
import dev.shoofly.database.DirtyKeys;
import dev.shoofly.database.control.Migration;
import dev.shoofly.model.MigrationPlan;
import dev.shoofly.model.ShooflyException;
import dev.shoofly.verifier.ChangeWindow;
import dev.shoofly.verifier.ChangesTail;
import dev.shoofly.verifier.MismatchTopic;
import dev.shoofly.verifier.UnknownChanges;
import java.time.InstantSource;
import java.util.Deque;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.clients.CommonClientConfigs;

/**
 * A migration's topics as this process sees them.
 *
 * @param servers empty: they are out of reach
 * @param whyNot for people; empty: they are not
 */
record ReachedTopic(Optional<String> servers, ChangeWindow window, DirtyKeys dirtyKeys, String whyNot) {

    static ReachedTopic outOfReach(String why) {
        return new ReachedTopic(Optional.empty(), new UnknownChanges(), keys -> {}, why);
    }

    /** @param open takes what is to be closed, also when this fails */
    static ReachedTopic of(
            KafkaAccess.Provider kafka, Migration migration, MigrationPlan plan, Deque<AutoCloseable> open) {
        Optional<String> servers = kafka.reach(migration.id(), migration.kafka());
        if (servers.isEmpty()) {
            return outOfReach("the changes topic is in " + migration.kafka()
                    + ", which cannot be reached from here. Verify on the host of the process that runs the migration");
        }
        ChangesTail tail = new ChangesTail(config(servers.get()), plan);
        open.push(tail);
        try {
            tail.release(tail.endOffsets());
        } catch (ShooflyException e) {
            return outOfReach("the changes topic cannot be read from here: " + e.getMessage());
        }
        DirtyKeyPublisher publisher = new DirtyKeyPublisher(config(servers.get()), plan);
        open.push(publisher);
        return new ReachedTopic(servers, new LentTail(tail), publisher, "");
    }

    boolean isReached() {
        return servers.isPresent();
    }

    /** Where verdicts go for analysts. */
    Optional<MismatchTopic> mismatches(MigrationPlan plan, Comparer comparer, InstantSource clock) {
        return servers.map(at -> new MismatchTopic(config(at), plan, comparer::reproduce, clock));
    }

    private static Map<String, Object> config(String servers) {
        return Map.of(CommonClientConfigs.BOOTSTRAP_SERVERS_CONFIG, servers);
    }
}
