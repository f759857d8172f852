package dev.shoofly.servers;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The life of one server process on one directory: start, orderly stop, restart on the same port, crash. */
final class GuardedServer implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(GuardedServer.class);

    /** Covers crash recovery of a large data directory. */
    private static final Duration START_LIMIT = Duration.ofMinutes(3);

    private static final Duration STOP_LIMIT = Duration.ofSeconds(30);
    private static final Duration KILL_LIMIT = Duration.ofSeconds(10);
    private static final int PORT_ATTEMPTS = 3;

    private final Recipe recipe;
    private final ServerHome home;
    private int port;
    private @Nullable Guardian guardian;
    private boolean closed;

    private GuardedServer(Recipe recipe, ServerHome home) {
        this.recipe = recipe;
        this.home = home;
    }

    /** What tells one database server from another. */
    interface Recipe {
        /** For messages, such as "PostgreSQL 17". */
        String name();

        List<String> command(int port);

        Map<String, String> environment();

        Guardian.StopSignal stopSignal();

        /** Whether the process accepts connections, judged by its files and what it has logged since its start. */
        boolean isReady(long processId, String logSinceStart) throws IOException;

        /** What to do about a failed start, judged by what the server logged. */
        String advice(String logSinceStart);
    }

    /** Starts on the given port, else on the remembered one if it is free, else on any free one. */
    static GuardedServer start(Recipe recipe, ServerHome home, OptionalInt fixedPort) {
        GuardedServer server = new GuardedServer(recipe, home);
        try {
            if (fixedPort.isPresent()) {
                server.launch(fixedPort.getAsInt());
            } else {
                server.launchOnFreePort();
            }
            return server;
        } catch (IOException e) {
            throw new ServerException("cannot start " + recipe.name() + " on " + home.root() + ": " + e, e);
        }
    }

    private void launchOnFreePort() throws IOException {
        OptionalInt remembered = home.rememberedPort();
        int candidate = remembered.isPresent() && LoopbackPort.isFree(remembered.getAsInt())
                ? remembered.getAsInt()
                : LoopbackPort.choose();
        for (int attempt = 1; ; attempt++) {
            try {
                launch(candidate);
                home.rememberPort(candidate);
                return;
            } catch (ServerException e) {
                // Between the look and the start another process may take the port.
                if (attempt == PORT_ATTEMPTS || LoopbackPort.isFree(candidate)) {
                    throw e;
                }
                candidate = LoopbackPort.choose();
            }
        }
    }

    private void launch(int onPort) throws IOException {
        long startedAt = System.nanoTime();
        long mark = home.logMark();
        Guardian started = Guardian.start(new Guardian.Guarded(
                recipe.command(onPort), recipe.environment(), home.log(), home.pidFile(), recipe.stopSignal()));
        boolean ready = false;
        try {
            awaitReady(started, mark, startedAt + START_LIMIT.toNanos());
            ready = true;
        } finally {
            if (!ready) {
                started.kill(KILL_LIMIT);
            }
        }
        port = onPort;
        guardian = started;
        log.debug(
                "{} on {} is ready at 127.0.0.1:{}, process {}, after {} ms",
                recipe.name(),
                home.root(),
                onPort,
                started.processId(),
                (System.nanoTime() - startedAt) / 1_000_000);
    }

    private void awaitReady(Guardian started, long mark, long end) throws IOException {
        while (!recipe.isReady(started.processId(), home.logSince(mark))) {
            boolean running = started.isRunning();
            if (!running || System.nanoTime() > end) {
                String logged = home.logSince(mark);
                String what = running
                        ? "was not ready within " + START_LIMIT.toSeconds() + " s and was stopped"
                        : "ended with status " + started.exitStatus() + " instead of starting";
                throw new ServerException(recipe.name() + " on " + home.root() + " " + what + ". "
                        + recipe.advice(logged) + " The end of " + home.log() + ":\n" + ServerHome.lastLines(logged));
            }
            Waiting.shortly();
        }
    }

    synchronized void restart() {
        if (closed) {
            throw new ServerException(recipe.name() + " on " + home.root() + " is closed; start a new one instead");
        }
        stop();
        try {
            launch(port);
        } catch (IOException e) {
            throw new ServerException("cannot restart " + recipe.name() + " on " + home.root() + ": " + e, e);
        }
    }

    synchronized void kill() {
        if (guardian != null) {
            guardian.kill(KILL_LIMIT);
            guardian = null;
        }
    }

    private void stop() {
        if (guardian == null) {
            return;
        }
        guardian.stop();
        if (!guardian.awaitEnd(STOP_LIMIT)) {
            log.warn(
                    "{} on {} did not stop within {} s and is killed; it recovers at its next start",
                    recipe.name(),
                    home.root(),
                    STOP_LIMIT.toSeconds());
            guardian.kill(KILL_LIMIT);
        }
        guardian = null;
    }

    @Override
    public synchronized void close() {
        if (!closed) {
            closed = true;
            stop();
            home.close();
        }
    }

    int port() {
        return port;
    }

    synchronized boolean isRunning() {
        return guardian != null && guardian.isRunning();
    }

    synchronized long processId() {
        if (guardian == null) {
            throw new ServerException(recipe.name() + " on " + home.root() + " does not run");
        }
        return guardian.processId();
    }
}
