package dev.shoofly.cli.screen;

import java.io.PrintStream;
import java.util.Map;

/**
 * Standard error, shared by messages, log warnings and a line that is refreshed in place. Thread-safe: a message never lands
 * in the middle of the refreshed line.
 */
public final class Screen {
    private static final String CLEAR_LINE = "\r\u001b[K";
    private static final int NARROWEST = 20;

    private final PrintStream stream;
    private final Mode mode;
    private final int columns;
    private String live = "";

    /** How much and in which form it shows. */
    public enum Mode {
        /** One line is refreshed in place. */
        TERMINAL,
        /** Lines only, no control characters. */
        PLAIN,
        /** Warnings only. */
        QUIET
    }

    public Screen(PrintStream stream, Mode mode, int columns) {
        this.stream = stream;
        this.mode = mode;
        this.columns = Math.max(NARROWEST, columns);
    }

    /**
     * For this process. The launcher says whether standard error is a terminal, because Java can only tell for all three
     * streams together.
     */
    public static Screen ofProcess(PrintStream stream, Map<String, String> environment, boolean quiet) {
        boolean terminal = Boolean.getBoolean("shoofly.terminal");
        return new Screen(stream, mode(environment, terminal, quiet), Integer.getInteger("shoofly.columns", 80));
    }

    static Mode mode(Map<String, String> environment, boolean terminal, boolean quiet) {
        if (quiet) {
            return Mode.QUIET;
        }
        boolean plain = !environment.getOrDefault("NO_COLOR", "").isEmpty()
                || environment.getOrDefault("TERM", "dumb").equals("dumb");
        return terminal && !plain ? Mode.TERMINAL : Mode.PLAIN;
    }

    public Mode mode() {
        return mode;
    }

    /** A line that stays; nothing when quiet. */
    public synchronized void say(String line) {
        if (mode != Mode.QUIET) {
            warn(line);
        }
    }

    /** A line that stays, even when quiet. */
    public synchronized void warn(String line) {
        erase();
        stream.println(line);
        draw();
    }

    /** Replaces the refreshed line; nothing unless on a terminal. */
    public synchronized void refresh(String line) {
        if (mode == Mode.TERMINAL) {
            erase();
            // A line that wraps cannot be erased again.
            live = line.length() < columns ? line : line.substring(0, columns - 1);
            draw();
        }
    }

    /** Removes the refreshed line. */
    public synchronized void endRefresh() {
        erase();
        live = "";
        stream.flush();
    }

    private void erase() {
        if (!live.isEmpty()) {
            stream.print(CLEAR_LINE);
        }
    }

    private void draw() {
        if (!live.isEmpty()) {
            stream.print(live);
        }
        stream.flush();
    }
}
