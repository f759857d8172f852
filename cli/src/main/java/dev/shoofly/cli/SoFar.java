package dev.shoofly.cli;

import dev.shoofly.cli.screen.ProgressText;
import dev.shoofly.cli.screen.Screen;
import java.time.Duration;
import java.util.function.LongConsumer;

/** Says every five seconds how far a long command has come. */
final class SoFar {
    private static final Duration EVERY = Duration.ofSeconds(5);

    private SoFar() {}

    /**
     * For one thread.
     *
     * @param what is counted, and what is done with it, such as "rows compared"
     */
    static LongConsumer of(Screen screen, String what) {
        long[] next = {System.nanoTime() + EVERY.toNanos()};
        return count -> {
            if (System.nanoTime() > next[0]) {
                next[0] = System.nanoTime() + EVERY.toNanos();
                screen.say(ProgressText.count(count) + " " + what + " so far");
            }
        };
    }
}
