package dev.shoofly.benchmarks;

import dev.shoofly.capture.CaptureTopics;
import dev.shoofly.database.Comparer.ChunkComparison;
import dev.shoofly.database.Database;
import dev.shoofly.model.CutoverSettings;
import dev.shoofly.model.KeyRange;
import dev.shoofly.model.MigrationId;
import dev.shoofly.model.MigrationPlan;
import dev.shoofly.model.MigrationSpec;
import dev.shoofly.model.StrategyChoice;
import dev.shoofly.model.TableName;
import dev.shoofly.model.TopicNames;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.admin.NewTopic;

/** A migration of the orders table as PREPARING leaves it: an empty shadow, control rows and topics. */
final class Migrated implements AutoCloseable {
    private static final Random IDS = new Random();

    private final Bed bed;
    private final MigrationPlan plan;

    private Migrated(Bed bed, MigrationPlan plan) {
        this.bed = bed;
        this.plan = plan;
    }

    static Migrated prepare(Bed bed, int partitions) throws InterruptedException {
        Database database = bed.database();
        MigrationId id = MigrationId.random(IDS);
        TableName source = database.preparation().resolve(OrdersTable.NAME);
        MigrationSpec spec = new MigrationSpec(
                OrdersTable.NAME,
                OrdersTable.of(bed.kind()).alters(),
                StrategyChoice.SHADOW,
                partitions,
                MigrationSpec.DEFAULT_CHUNK_ROWS,
                CutoverSettings.DEFAULT);
        MigrationPlan plan = database.preparation().createShadow(id, source, spec);
        database.control().progress().create(id, partitions);
        database.control().markers().create(id);
        createTopics(bed, plan);
        return new Migrated(bed, plan);
    }

    private static void createTopics(Bed bed, MigrationPlan plan) throws InterruptedException {
        TopicNames topics = new TopicNames(plan.id());
        try (Admin admin = Admin.create(Map.of(AdminClientConfig.BOOTSTRAP_SERVERS_CONFIG, bed.bootstrapServers()))) {
            CaptureTopics.create(admin, topics, (short) 1);
            admin.createTopics(List.of(new NewTopic(topics.changes(), plan.partitions(), (short) 1)))
                    .all()
                    .get();
        } catch (ExecutionException e) {
            throw new IllegalStateException("cannot create the topics of " + plan.id(), e);
        }
    }

    MigrationPlan plan() {
        return plan;
    }

    /**
     * Compares all rows of both sides.
     *
     * @throws BenchmarkFailure when they differ, or are not as many as there should be
     */
    void requireEqual(long rows) {
        ChunkComparison found = bed.database().comparer(plan).compare(KeyRange.ALL);
        if (!found.equal() || found.shadowRows() != rows) {
            throw new BenchmarkFailure("the shadow is wrong: " + found + ", wanted " + rows + " equal rows");
        }
    }

    @Override
    public void close() {
        bed.database().preparation().dropShadow(plan.id(), plan.source());
    }
}
