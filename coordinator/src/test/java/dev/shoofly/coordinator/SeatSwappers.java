package dev.shoofly.coordinator;

import static org.assertj.core.api.Assertions.assertThat;

import dev.shoofly.servers.DatabaseServer;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.HashMap;
import java.util.Map;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicLong;

/**
 * An application that exchanges the unique seats of guests, two at a time in one transaction, and knows who sits where. One
 * connection only: InnoDB's gap locks let two of them deadlock, and here a deadlock is to be nobody's fault but ours.
 */
final class SeatSwappers implements AutoCloseable {
    static final int GUESTS = 400;
    private final DatabaseServer server;
    private final Thread thread = new Thread(this::swap, "swapper");
    private final Map<Integer, Integer> seats = new HashMap<>();
    private final Queue<String> errors = new ConcurrentLinkedQueue<>();
    private final AtomicLong swaps = new AtomicLong();
    private volatile boolean stop;

    SeatSwappers(DatabaseServer server) throws SQLException {
        this.server = server;
        try (Connection connection = connect();
                Statement statement = connection.createStatement()) {
            statement.execute("DROP TABLE IF EXISTS guests");
            statement.execute("CREATE TABLE guests (id int PRIMARY KEY, seat int UNIQUE, name varchar(50))");
            for (int guest = 1; guest <= GUESTS; guest++) {
                statement.addBatch("INSERT INTO guests VALUES (" + guest + ", " + guest + ", 'guest " + guest + "')");
                seats.put(guest, guest);
            }
            statement.executeBatch();
        }
        thread.start();
    }

    private void swap() {
        Random random = new Random(1);
        try (Connection connection = connect();
                Statement statement = connection.createStatement()) {
            connection.setAutoCommit(false);
            while (!stop) {
                int first = 1 + random.nextInt(GUESTS);
                int second = 1 + random.nextInt(GUESTS);
                if (first != second) {
                    exchange(statement, first, second);
                    connection.commit();
                    remember(first, second);
                    swaps.incrementAndGet();
                    Thread.sleep(4);
                }
            }
        } catch (SQLException | InterruptedException e) {
            errors.add(e.toString());
        }
    }

    private void exchange(Statement statement, int first, int second) throws SQLException {
        int seatOfFirst = seat(first);
        int seatOfSecond = seat(second);
        statement.executeUpdate("UPDATE guests SET seat = NULL WHERE id = " + first);
        statement.executeUpdate("UPDATE guests SET seat = " + seatOfFirst + " WHERE id = " + second);
        statement.executeUpdate("UPDATE guests SET seat = " + seatOfSecond + " WHERE id = " + first);
    }

    private int seat(int guest) {
        return seats.getOrDefault(guest, 0);
    }

    private void remember(int first, int second) {
        int seatOfFirst = seat(first);
        seats.put(first, seat(second));
        seats.put(second, seatOfFirst);
    }

    /** Returns when this many more swaps were acknowledged, or a swapper has failed. */
    void awaitMore(long count) throws InterruptedException {
        long target = swaps.get() + count;
        while (swaps.get() < target && errors.isEmpty()) {
            Thread.sleep(5);
        }
    }

    void stopAndCheck() throws Exception {
        close();
        assertThat(errors).isEmpty();
        Map<Integer, Integer> found = new HashMap<>();
        try (Connection connection = connect();
                Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery("SELECT id, seat FROM guests")) {
            while (rows.next()) {
                found.put(rows.getInt(1), rows.getInt(2));
            }
        }
        assertThat(found).isEqualTo(seats);
    }

    private Connection connect() throws SQLException {
        return DriverManager.getConnection(server.jdbcUrl(), server.user(), server.password());
    }

    @Override
    public void close() throws InterruptedException {
        stop = true;
        thread.join();
    }
}
