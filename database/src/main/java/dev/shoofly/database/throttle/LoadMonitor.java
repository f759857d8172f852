package dev.shoofly.database.throttle;

import dev.shoofly.model.MigrationPlan;
import dev.shoofly.model.throttle.OutsideSignals;
import dev.shoofly.model.throttle.ThrottleSettings;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.LongSupplier;

/**
 * Reads every signal that the settings ask for, in three lanes: the server, its replicas, and whatever the operator named
 * outside of both. {@link #use} and {@link #close} on one thread; the readings on any.
 */
final class LoadMonitor implements AutoCloseable {
    private final MigrationPlan plan;
    private final ServerLoad server;
    private final Pulse pulse;
    private final LongSupplier nanoTime;
    private final Consumer<Reading> listener;
    private volatile List<SignalLane> lanes = List.of();
    private volatile boolean othersWork;
    private volatile SignalLane.Watch watch = SignalLane.Watch.CLOSELY;

    /** @param listener told of each new reading, on several threads */
    LoadMonitor(MigrationPlan plan, ServerLoad server, Pulse pulse, LongSupplier nanoTime, Consumer<Reading> listener) {
        this.plan = plan;
        this.server = server;
        this.pulse = pulse;
        this.nanoTime = nanoTime;
        this.listener = listener;
    }

    /** Watches what these settings ask for, and nothing else any more. When it throws, what was watched before is still. */
    void use(ThrottleSettings settings) {
        List<LoadSignal> onServer = new ArrayList<>(server.server(plan, settings));
        onServer.add(new CommitLatency(pulse, settings.load(), this::askForOthers));
        List<LoadSignal> onReplicas = server.replicas(plan, settings, pulse.heartbeats());
        List<LoadSignal> elsewhere = outside(settings.outside());
        closeLanes();
        List<SignalLane> next = new ArrayList<>();
        add(next, "the server", onServer);
        add(next, "the replicas", onReplicas);
        add(next, "a signal from outside", elsewhere);
        lanes = List.copyOf(next);
    }

    private void add(List<SignalLane> to, String name, List<LoadSignal> signals) {
        if (!signals.isEmpty()) {
            SignalLane lane = new SignalLane(name, signals, nanoTime, listener);
            lane.watch(watch);
            to.add(lane);
        }
    }

    private static List<LoadSignal> outside(OutsideSignals settings) {
        List<LoadSignal> signals = new ArrayList<>();
        if (!settings.flagFiles().isEmpty()) {
            signals.add(
                    new FlagFiles(settings.flagFiles().stream().map(Path::of).toList()));
        }
        if (settings.endpoint() != null) {
            signals.add(new Endpoint(settings.endpoint()));
        }
        return signals;
    }

    private boolean askForOthers() {
        boolean found = server.othersWork();
        othersWork = found;
        return found;
    }

    /** Whether other clients worked on the server when it was looked at last; false when nobody wants to know. */
    boolean othersWork() {
        return othersWork;
    }

    /** The latest of all, the worst first. */
    List<Reading> readings() {
        return lanes.stream()
                .flatMap(lane -> lane.readings().stream())
                .sorted(Comparator.comparingDouble(Reading::pressure).reversed())
                .toList();
    }

    /** Whether everything was looked at once. */
    boolean hasLooked() {
        return lanes.stream().allMatch(SignalLane::hasLooked);
    }

    void watch(SignalLane.Watch next) {
        watch = next;
        lanes.forEach(lane -> lane.watch(next));
    }

    private void closeLanes() {
        List<SignalLane> former = lanes;
        lanes = List.of();
        former.forEach(SignalLane::close);
    }

    @Override
    public void close() {
        closeLanes();
        server.close();
    }
}
