package dev.shoofly.coordinator;

import dev.shoofly.coordinator.disk.BrokerDisk;
import dev.shoofly.coordinator.disk.CopyProgress;
import dev.shoofly.coordinator.disk.CopyProgress.Phase;
import dev.shoofly.coordinator.disk.DiskCheck;
import dev.shoofly.coordinator.disk.DiskMeter;
import dev.shoofly.coordinator.disk.DiskView;
import dev.shoofly.database.connection.SqlErrors;
import dev.shoofly.model.DiskSettings;
import dev.shoofly.model.MigrationState;
import dev.shoofly.model.TableName;
import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Looks at the disks of the server and of an embedded broker every few seconds, and has the migration paused before one is
 * full. In a pause it asks the server nothing, and looks at the broker's disk alone, which the capture may still be filling.
 * Owns one thread; the other methods are for any.
 */
final class DiskGuard implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(DiskGuard.class);
    private static final Duration LOOK_EVERY = Duration.ofSeconds(3);
    /** A table grows while it is copied. */
    private static final Duration MEASURE_EVERY = Duration.ofMinutes(10);

    private final RunContext context;
    private final DiskCheck check;
    private final BrokerDisk broker;
    private final RepeatingThread thread = new RepeatingThread("shoofly-disk");
    private volatile @Nullable TableName shadow;
    private volatile DiskSettings settings = DiskSettings.DEFAULT;
    private long nextMeasure = System.nanoTime() + MEASURE_EVERY.toNanos();
    private boolean said;

    /**
     * A disk that is too small for what is still to come.
     *
     * @param words up to the numbers
     * @param isBrokers whether even the capture fills it
     */
    record Shortage(String words, boolean isBrokers) {}

    DiskGuard(RunContext context, KafkaAccess kafka, DiskMeter meter) {
        this.context = context;
        this.check = new DiskCheck(context.database().storage(), context.source(), meter);
        this.broker = new BrokerDisk(kafka.dataDirectory(), meter);
    }

    /** @param brake asks {@link #shortage} again and stops the migration; called by this guard's thread until it stands */
    void start(Runnable brake) {
        thread.repeat(() -> look(brake), LOOK_EVERY, LOOK_EVERY);
    }

    /** The shadow is there, and what it has counts from now on. */
    void shadowIs(TableName table) {
        shadow = table;
    }

    /** Of the tightest disk, as last seen; empty where nothing is known. */
    Optional<DiskView> latest() {
        return check.latest();
    }

    /**
     * Before work begins or goes on: looks at everything anew.
     *
     * @throws dev.shoofly.model.ShooflyException REFUSED when the operator's query is none; TRANSIENT without a connection
     */
    Optional<Shortage> shortageAtStart() {
        check.begin();
        return fullLook();
    }

    /** What is short at this moment; in a pause the server is not asked. */
    Optional<Shortage> shortage() {
        return context.lifecycle().state() == MigrationState.PAUSED ? brokerShortage() : fullLook();
    }

    private Optional<Shortage> fullLook() {
        settings = context.control().disk().find(context.id());
        return brokerShortage().or(() -> check.shortage(settings, progress()).map(words -> new Shortage(words, false)));
    }

    private Optional<Shortage> brokerShortage() {
        return broker.shortage(settings).map(words -> new Shortage(words, true));
    }

    private CopyProgress progress() {
        MigrationSnapshot now = context.view().snapshot();
        double copied = now.rowsTotal() <= 0 ? 0 : (double) now.rowsCopied() / now.rowsTotal();
        return new CopyProgress(phase(context.lifecycle().workState()), shadow, copied);
    }

    private Phase phase(MigrationState state) {
        return switch (state) {
            case CREATED, PLANNING, PREPARING -> Phase.BEFORE;
            case COPYING -> context.view().isIndexing() ? Phase.INDEXING : Phase.COPYING;
            case SYNCHRONIZING, VALIDATING, READY, CUTOVER, COMPLETED, PAUSED, FAILED, ROLLED_BACK, CANCELLED ->
                Phase.LATER;
        };
    }

    private void look(Runnable brake) {
        MigrationState state = context.lifecycle().state();
        if (state != MigrationState.PAUSED && !state.mayBecome(MigrationState.PAUSED)) {
            return;
        }
        try {
            if (state != MigrationState.PAUSED && System.nanoTime() > nextMeasure) {
                nextMeasure = System.nanoTime() + MEASURE_EVERY.toNanos();
                check.begin();
            }
            if (shortage().isPresent()) {
                brake.run();
            }
            said = false;
        } catch (RuntimeException e) {
            if (!said && !SqlErrors.isTransient(e)) {
                LOG.warn(
                        "the disk of migration {} cannot be looked at; a full one shows in the server's errors only: {}",
                        context.id(),
                        e.getMessage());
                said = true;
            } else {
                LOG.debug("the disk could not be looked at this time: {}", e.getMessage());
            }
        }
    }

    @Override
    public void close() {
        thread.close();
    }
}
