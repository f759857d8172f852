package dev.shoofly.database.throttle;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class EndpointTest {
    private final AtomicInteger status = new AtomicInteger(200);
    private final CountDownLatch answer = new CountDownLatch(1);
    private final ExecutorService threads = Executors.newCachedThreadPool();
    private HttpServer server;

    @BeforeEach
    void listen() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.setExecutor(threads);
        server.createContext("/may-copy", exchange -> {
            try (exchange) {
                if (status.get() == 302) {
                    exchange.getResponseHeaders().set("Location", address("/yes"));
                }
                exchange.sendResponseHeaders(status.get(), -1);
            }
        });
        server.createContext("/yes", exchange -> {
            try (exchange) {
                exchange.sendResponseHeaders(200, -1);
            }
        });
        server.createContext("/never", exchange -> {
            try (exchange) {
                answer.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
        server.start();
    }

    @AfterEach
    void close() {
        answer.countDown();
        server.stop(0);
        threads.shutdownNow();
    }

    private String address(String path) {
        return "http://127.0.0.1:" + server.getAddress().getPort() + path;
    }

    private Reading read(String path) {
        return new Endpoint(address(path)).read().get(0);
    }

    @Test
    void onlyTwoHundredMeansGo() {
        assertThat(read("/may-copy").pressure()).isZero();
        for (int other : new int[] {204, 302, 404, 429, 503}) {
            status.set(other);
            assertThat(read("/may-copy").pressure()).isEqualTo(Reading.STOP);
            assertThat(read("/may-copy").words()).isEqualTo("says " + other + ", not 200");
        }
    }

    @Test
    void noAnswerInTimeMeansStop() {
        assertThat(read("/never").pressure()).isEqualTo(Reading.STOP);
        assertThat(read("/never").words()).isEqualTo("did not answer within 2 s");
    }

    @Test
    void nobodyListeningMeansStop() {
        String address = address("/may-copy");
        server.stop(0);
        Reading reading = new Endpoint(address).read().get(0);
        assertThat(reading.pressure()).isEqualTo(Reading.STOP);
        assertThat(reading.sentence()).startsWith("endpoint " + address + " cannot be asked");
    }
}
