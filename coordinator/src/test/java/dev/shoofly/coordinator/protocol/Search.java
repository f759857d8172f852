package dev.shoofly.coordinator.protocol;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Queue;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** All states that some order of the actors' steps leads to, those with the fewest steps first. */
final class Search {
    /** A scene with more is too large to be searched with every build. */
    private static final int MOST_STATES = 3_000_000;

    private final List<Actor> actors;
    private final Set<Guard> guards;
    /** Each state that was found, with how it was come to; the first with nothing. */
    private final Map<World, Origin> found = new HashMap<>();

    private final Queue<World> waiting = new ArrayDeque<>();

    /** @param before null: the search began here */
    private record Origin(@Nullable World before, String step) {}

    /** The shortest way to a failure. */
    record CounterExample(Failure failure, List<String> steps) {
        @Override
        public String toString() {
            return failure + " after:\n  " + String.join("\n  ", steps);
        }
    }

    Search(List<Actor> actors, Set<Guard> guards) {
        this.actors = List.copyOf(actors);
        this.guards = Set.copyOf(guards);
    }

    /** @param wanted failures; a state with another is a dead end */
    Optional<CounterExample> from(World first, Set<Failure> wanted) {
        meet(first, new Origin(null, "begin"));
        while (true) {
            World now = waiting.poll();
            if (now == null) {
                return Optional.empty();
            }
            Failure failure = now.failure();
            if (failure == null) {
                Collecting steps = new Collecting(now);
                actors.forEach(actor -> actor.act(now, steps));
            } else if (wanted.contains(failure)) {
                return Optional.of(new CounterExample(failure, way(now)));
            }
        }
    }

    private void meet(World world, Origin origin) {
        if (found.putIfAbsent(world, origin) == null) {
            if (found.size() > MOST_STATES) {
                throw new IllegalStateException("more than " + MOST_STATES + " states");
            }
            waiting.add(world);
        }
    }

    private List<String> way(World end) {
        List<String> steps = new ArrayList<>();
        World at = end;
        while (at != null) {
            Origin origin = Objects.requireNonNull(found.get(at));
            steps.add(origin.step());
            at = origin.before();
        }
        Collections.reverse(steps);
        return steps;
    }

    int states() {
        return found.size();
    }

    /** Whether a state like this was found: that a search which finds no failure has looked at something. */
    boolean hasSeen(Predicate<World> like) {
        return found.keySet().stream().anyMatch(like);
    }

    private final class Collecting implements Actor.Steps {
        private final World now;

        Collecting(World now) {
            this.now = now;
        }

        @Override
        public boolean has(Guard guard) {
            return guards.contains(guard);
        }

        @Override
        public void can(String what, Consumer<World> change) {
            World next = now.copy();
            change.accept(next);
            meet(next, new Origin(now, what));
        }
    }
}
