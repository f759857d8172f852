package dev.shoofly.database.throttle;

import dev.shoofly.database.connection.ConnectionProfile;
import dev.shoofly.database.connection.Secret;
import dev.shoofly.model.ShooflyException;
import dev.shoofly.model.throttle.ReplicaLag;
import dev.shoofly.model.throttle.ReplicaLimits;
import java.util.Collection;
import java.util.List;
import java.util.stream.Collectors;

/** By which names people may give a replica a limit of its own, and which of those limits are for no replica at all. */
public final class ReplicaNames {
    private ReplicaNames() {}

    /** The most exact first. */
    public static List<String> at(String host, int port) {
        return List.of(host + ":" + port, host);
    }

    /** @return none for a URL that cannot be used: whoever connects to it says so */
    public static List<String> ofUrl(String url) {
        try {
            ConnectionProfile profile = new ConnectionProfile(url, "", new Secret(""));
            return at(profile.host(), profile.port());
        } catch (ShooflyException e) {
            return List.of();
        }
    }

    /** Limits that can never be in force, because the replicas are named and theirs is none of them; each with the remedy. */
    public static List<String> findings(ReplicaLimits limits) {
        if (limits.choice() != ReplicaLimits.Choice.NAMED) {
            return List.of();
        }
        List<List<String>> named =
                limits.urls().stream().map(ReplicaNames::ofUrl).toList();
        String all = named.stream().flatMap(names -> names.stream().limit(1)).collect(Collectors.joining(", "));
        return without(limits, named).stream()
                .map(own -> "--max-lag " + own + " is for none of the replicas that --replica names (" + all
                        + "): correct it, or take it back with --max-lag " + own.replica() + "=default")
                .toList();
    }

    /**
     * What is said of limits for replicas that are not there now. They may come.
     *
     * @param watched the names of each replica that is
     */
    public static List<Reading> absent(ReplicaLimits limits, Collection<List<String>> watched) {
        return without(limits, watched).stream()
                .map(own -> Reading.unknown(
                        SignalKind.REPLICA_LAG,
                        "replica " + own.replica(),
                        "is not among those that the server lists: its own limit of " + Words.duration(own.maxLag())
                                + " is not in force"))
                .toList();
    }

    private static List<ReplicaLag> without(ReplicaLimits limits, Collection<List<String>> replicas) {
        return limits.own().stream()
                .filter(own -> replicas.stream().flatMap(List::stream).noneMatch(own::isOf))
                .toList();
    }
}
