package dev.shoofly.benchmarks;

import dev.shoofly.model.MigrationState;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;

/** When a complete migration entered each of its states, by the log that it keeps on the server; that is this machine. */
final class Phases {
    private final List<Entry> entries;

    /** @param epochMillis when the state began */
    record Entry(MigrationState state, long epochMillis) {}

    /**
     * A state and how long it lasted.
     *
     * @param toMillis of the epoch, as {@code fromMillis}
     */
    record Phase(MigrationState state, long fromMillis, long toMillis) {
        double seconds() {
            return (toMillis - fromMillis) / 1e3;
        }

        /** As the reports spell it. */
        String name() {
            return state.name().toLowerCase(Locale.ROOT);
        }
    }

    /** @param entries in time order; the last is the final state */
    Phases(List<Entry> entries) {
        this.entries = List.copyOf(entries);
    }

    /** Of the only migration that the server knows. */
    static Phases read(Connection connection) throws SQLException {
        List<String> states =
                Stream.of(MigrationState.values()).map(MigrationState::name).toList();
        return new Phases(MigrationLog.read(connection).events().stream()
                .filter(event -> states.contains(event.name()))
                .map(event -> new Entry(MigrationState.valueOf(event.name()), event.epochMillis()))
                .toList());
    }

    /** Every state that ended, in time order; one that was entered twice is there twice. */
    List<Phase> phases() {
        List<Phase> found = new ArrayList<>();
        for (int i = 0; i + 1 < entries.size(); i++) {
            Entry entry = entries.get(i);
            found.add(new Phase(
                    entry.state(), entry.epochMillis(), entries.get(i + 1).epochMillis()));
        }
        return found;
    }

    /** When the state was entered for the first time. */
    long enteredMillis(MigrationState state) {
        return entries.stream()
                .filter(entry -> entry.state() == state)
                .mapToLong(Entry::epochMillis)
                .findFirst()
                .orElseThrow(() -> new BenchmarkFailure("the migration was never " + state + ": " + entries));
    }

    /** How long it was in each state, in seconds, in the order in which they were entered. */
    Map<String, Double> seconds() {
        Map<String, Double> sums = new LinkedHashMap<>();
        phases().forEach(phase -> sums.merge(phase.name(), phase.seconds(), Double::sum));
        sums.replaceAll((name, seconds) -> Math.round(seconds * 1e3) / 1e3);
        return sums;
    }
}
