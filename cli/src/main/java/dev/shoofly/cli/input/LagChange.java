package dev.shoofly.cli.input;

import dev.shoofly.model.throttle.ReplicaLag;
import dev.shoofly.model.throttle.ReplicaLimits;
import java.time.Duration;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/**
 * What {@code --max-lag} is given: a duration for all replicas, {@code db2:3306=10s} for one of them, {@code
 * db2:3306=default} for one that shall have no limit of its own any more. What is not named stays as it is.
 */
final class LagChange {
    private static final String DEFAULT = "default";

    private LagChange() {}

    static ReplicaLimits read(List<String> given, ReplicaLimits now, Checks checks) {
        Duration ofAll = now.maxLag();
        Map<String, ReplicaLag> own = new LinkedHashMap<>();
        now.own().forEach(each -> own.put(key(each.replica()), each));
        Set<String> named = new HashSet<>();
        for (String text : given) {
            // Of a name that has the sign itself, the last one counts: no duration has one.
            int sign = text.lastIndexOf('=');
            String replica = sign < 0 ? "" : text.substring(0, sign).strip();
            String lag = text.substring(sign + 1).strip();
            if (sign >= 0 && !isName(replica, text, checks)) {
                continue;
            }
            if (!named.add(key(replica))) {
                checks.problem("--max-lag is given twice for " + (sign < 0 ? "all replicas" : replica));
            } else if (sign < 0) {
                ofAll = duration("--max-lag", lag, "", ofAll, checks);
            } else if (lag.equals(DEFAULT)) {
                own.remove(key(replica));
            } else {
                Duration next = duration("--max-lag of " + replica, lag, ", or " + DEFAULT, ofAll, checks);
                own.put(key(replica), new ReplicaLag(replica, next));
            }
        }
        return new ReplicaLimits(now.choice(), now.urls(), ofAll, List.copyOf(own.values()));
    }

    private static String key(String replica) {
        return replica.toLowerCase(Locale.ROOT);
    }

    private static boolean isName(String replica, String text, Checks checks) {
        if (replica.isEmpty()) {
            checks.problem("--max-lag names no replica before the sign, such as db2:3306=10s, not '" + text + "'");
        } else if (replica.startsWith("jdbc:")) {
            checks.problem("--max-lag names a replica by its host and port, such as db2:3306=10s, not '" + text + "'");
        } else if (replica.contains(",")) {
            checks.problem("--max-lag takes one limit; repeat it for several, instead of '" + text + "'");
        } else {
            return true;
        }
        return false;
    }

    private static Duration duration(String what, String text, String otherwise, Duration fallback, Checks checks) {
        try {
            return Durations.parse(text);
        } catch (IllegalArgumentException e) {
            checks.problem(what + " " + e.getMessage() + otherwise + ", not '" + text + "'");
            return fallback;
        }
    }
}
