package dev.shoofly.model.throttle;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/**
 * What may slow a migration down, and how far. Persisted as JSON with the migration and changed while it runs; holds no
 * secret. A part that is null, as in settings saved by a version that did not have it, means its default.
 */
public record ThrottleSettings(
        ReplicaLimits replicas, LoadLimits load, ServerLimits server, OutsideSignals outside, CopyPace pace) {
    /** Protects an application on the same server, and leaves an idle server its full speed. */
    public static final ThrottleSettings DEFAULT = new ThrottleSettings(
            ReplicaLimits.DEFAULT, LoadLimits.DEFAULT, ServerLimits.DEFAULT, OutsideSignals.NONE, CopyPace.DEFAULT);

    public ThrottleSettings {
        replicas = Objects.requireNonNullElse(replicas, ReplicaLimits.DEFAULT);
        load = Objects.requireNonNullElse(load, LoadLimits.DEFAULT);
        server = Objects.requireNonNullElse(server, ServerLimits.DEFAULT);
        outside = Objects.requireNonNullElse(outside, OutsideSignals.NONE);
        pace = Objects.requireNonNullElse(pace, CopyPace.DEFAULT);
    }

    /** Every value that is out of its range, each named by its knob ({@code max-lag}) with the range; empty: all is fit. */
    public List<String> problems() {
        List<String> problems = new ArrayList<>();
        replicas.check(problems);
        load.check(problems);
        server.check(problems);
        outside.check(problems);
        pace.check(problems);
        return List.copyOf(problems);
    }

    public ThrottleSettings with(ReplicaLimits changed) {
        return new ThrottleSettings(changed, load, server, outside, pace);
    }

    public ThrottleSettings with(LoadLimits changed) {
        return new ThrottleSettings(replicas, changed, server, outside, pace);
    }

    public ThrottleSettings with(ServerLimits changed) {
        return new ThrottleSettings(replicas, load, changed, outside, pace);
    }

    public ThrottleSettings with(OutsideSignals changed) {
        return new ThrottleSettings(replicas, load, server, changed, pace);
    }

    public ThrottleSettings with(CopyPace changed) {
        return new ThrottleSettings(replicas, load, server, outside, changed);
    }
}
