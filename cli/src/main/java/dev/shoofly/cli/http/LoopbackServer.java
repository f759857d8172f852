package dev.shoofly.cli.http;

import com.sun.net.httpserver.HttpHandler;
import com.sun.net.httpserver.HttpServer;
import dev.shoofly.model.ErrorKind;
import dev.shoofly.model.ShooflyException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/** An HTTP server that this host alone reaches. Owns its threads, which are daemons. */
public final class LoopbackServer implements AutoCloseable {
    static {
        // In seconds; Java reads them when it makes its first server. Who sends half a request keeps a thread no
        // longer.
        System.setProperty("sun.net.httpserver.maxReqTime", "10");
        System.setProperty("sun.net.httpserver.maxRspTime", "10");
    }

    private final HttpServer server;
    private final ExecutorService threads;

    private LoopbackServer(HttpServer server, ExecutorService threads) {
        this.server = server;
        this.threads = threads;
    }

    /**
     * @param option that asked for it, for people
     * @param port 0 takes a free one
     * @param threads that call {@code handler}, and read requests
     * @throws ShooflyException REFUSED when the port cannot be had
     */
    public static LoopbackServer start(String option, int port, int threads, String threadName, HttpHandler handler) {
        try {
            HttpServer server = HttpServer.create(
                    new InetSocketAddress(InetAddress.getByAddress(new byte[] {127, 0, 0, 1}), port), 0);
            ExecutorService executor = Executors.newFixedThreadPool(threads, work -> {
                Thread created = new Thread(work, threadName);
                created.setDaemon(true);
                return created;
            });
            server.setExecutor(executor);
            server.createContext("/", handler);
            server.start();
            return new LoopbackServer(server, executor);
        } catch (IOException e) {
            throw new ShooflyException(
                    ErrorKind.REFUSED,
                    option + " " + port + " on 127.0.0.1 cannot be opened: " + e.getMessage()
                            + ". Nothing was started; choose another port.",
                    e);
        }
    }

    public InetSocketAddress address() {
        return server.getAddress();
    }

    @Override
    public void close() {
        server.stop(0);
        threads.shutdownNow();
    }
}
