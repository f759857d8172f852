package dev.shoofly.cli.run;

import dev.shoofly.cli.input.UsageException;
import dev.shoofly.model.FaultPoints;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.IntConsumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Ends the process, as {@code kill -9} would, when a named point is reached for the n-th time: {@code
 * SHOOFLY_FAULT_POINT=name@n}. For tests of recovery.
 */
public final class FaultPointKill implements FaultPoints {
    static final String VARIABLE = "SHOOFLY_FAULT_POINT";
    static final int EXIT_CODE = 137;

    private static final Pattern FORM = Pattern.compile("([^@\\s]+)(?:@([1-9]\\d{0,8}))?");

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
        return text.isEmpty() ? FaultPoints.NONE : parse(text, Runtime.getRuntime()::halt);
    }

    static FaultPointKill parse(String text, IntConsumer halt) {
        Matcher matcher = FORM.matcher(text);
        if (!matcher.matches()) {
            throw new UsageException(VARIABLE + " must be name or name@n, not '" + text + "'");
        }
        String count = matcher.group(2);
        return new FaultPointKill(matcher.group(1), count == null ? 1 : Long.parseLong(count), halt);
    }

    @Override
    public void reach(String point) {
        if (point.equals(name) && reached.incrementAndGet() == wanted) {
            halt.accept(EXIT_CODE);
        }
    }
}
