package dev.shoofly.cli.run;

import dev.shoofly.cli.input.UsageException;
import dev.shoofly.model.FaultPoints;
import java.io.IOException;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.IntConsumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Ends the process, as {@code kill -9} would, when a named point is reached for the n-th time: {@code
 * SHOOFLY_FAULT_POINT=name@n}; with {@code name@n:stop} it stops there, as after {@code kill -STOP}, until somebody lets it
 * go on with {@code kill -CONT}. For tests of recovery.
 */
public final class FaultPointKill implements FaultPoints {
    static final String VARIABLE = "SHOOFLY_FAULT_POINT";
    static final int EXIT_CODE = 137;

    private static final String STOP = ":stop";
    private static final Pattern FORM = Pattern.compile("([^@:\\s]+)(?:@([1-9]\\d{0,8}))?(:stop)?");

    private final String name;
    private final long wanted;
    private final IntConsumer halt;
    private final AtomicLong reached = new AtomicLong();

    FaultPointKill(String name, long wanted, IntConsumer halt) {
        this.name = name;
        this.wanted = wanted;
        this.halt = halt;
    }

    public static FaultPoints of(Map<String, String> environment) {
        String text = environment.getOrDefault(VARIABLE, "");
        return text.isEmpty()
                ? FaultPoints.NONE
                : parse(text, text.endsWith(STOP) ? code -> stopThisProcess() : Runtime.getRuntime()::halt);
    }

    static FaultPointKill parse(String text, IntConsumer halt) {
        Matcher matcher = FORM.matcher(text);
        if (!matcher.matches()) {
            throw new UsageException(VARIABLE + " must be name or name@n, perhaps with :stop, not '" + text + "'");
        }
        String count = matcher.group(2);
        return new FaultPointKill(matcher.group(1), count == null ? 1 : Long.parseLong(count), halt);
    }

    /** Returns when the process goes on. */
    private static void stopThisProcess() {
        try {
            new ProcessBuilder(
                            "kill",
                            "-STOP",
                            Long.toString(ProcessHandle.current().pid()))
                    .start()
                    .waitFor();
        } catch (IOException | InterruptedException e) {
            throw new IllegalStateException("cannot stop this process", e);
        }
    }

    @Override
    public void reach(String point) {
        if (point.equals(name) && reached.incrementAndGet() == wanted) {
            halt.accept(EXIT_CODE);
        }
    }
}
