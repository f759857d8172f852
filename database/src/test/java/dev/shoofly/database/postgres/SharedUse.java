package dev.shoofly.database.postgres;

import dev.shoofly.model.RowKey;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/** An application whose transactions use {@code parents}, {@code middle}, {@code children} and {@code shown} in many orders. */
final class SharedUse implements AutoCloseable {
    private final Lab lab;
    private final List<Thread> threads = new ArrayList<>();
    private final Set<Integer> touched = ConcurrentHashMap.newKeySet();
    private final Set<Integer> acknowledged = ConcurrentHashMap.newKeySet();
    private final Queue<Exception> errors = new ConcurrentLinkedQueue<>();
    private final AtomicInteger ids = new AtomicInteger(1_000);
    private final AtomicLong commits = new AtomicLong();
    private volatile boolean stopped;

    /** One transaction, which may insert the row of this id into {@code middle}. */
    private interface Work {
        String[] statements(int id, int parent);
    }

    SharedUse(Lab lab) {
        this.lab = lab;
        start((id, parent) -> new String[] {
            "UPDATE parents SET n = n + 1 WHERE id = " + parent,
            "INSERT INTO middle (id, parent) VALUES (" + id + ", " + parent + ")",
            "INSERT INTO children VALUES (" + id + ", " + id + ")"
        });
        start((id, parent) -> new String[] {
            "INSERT INTO middle (id, parent) VALUES (" + id + ", " + parent + ")",
            "SELECT * FROM parents WHERE id = " + parent,
            "INSERT INTO children VALUES (" + id + ", " + id + ")"
        });
        start((id, parent) -> new String[] {
            "INSERT INTO children VALUES (" + id + ", " + parent + ")",
            "SELECT * FROM shown WHERE id = " + parent,
            "INSERT INTO middle (id, parent) VALUES (" + id + ", " + parent + ")"
        });
        start((id, parent) -> new String[] {
            "SELECT count(*) FROM shown", "INSERT INTO middle (id, parent) VALUES (" + id + ", " + parent + ")"
        });
    }

    private void start(Work work) {
        Thread thread = new Thread(() -> run(work), "shared-use");
        thread.start();
        threads.add(thread);
    }

    private void run(Work work) {
        try (Connection connection = lab.connect();
                Statement statement = connection.createStatement()) {
            connection.setAutoCommit(false);
            while (!stopped) {
                int id = ids.incrementAndGet();
                // Before anything of it can be in the table.
                touched.add(id);
                for (String sql :
                        work.statements(id, ThreadLocalRandom.current().nextInt(10))) {
                    statement.execute(sql);
                }
                connection.commit();
                acknowledged.add(id);
                commits.incrementAndGet();
                TimeUnit.MILLISECONDS.sleep(ThreadLocalRandom.current().nextInt(1, 10));
            }
        } catch (SQLException | InterruptedException e) {
            errors.add(e);
        }
    }

    List<RowKey> touched() {
        return touched.stream().map(id -> RowKey.of(String.valueOf(id))).toList();
    }

    void awaitMore(long count) throws InterruptedException {
        long enough = commits.get() + count;
        while (commits.get() < enough && errors.isEmpty()) {
            TimeUnit.MILLISECONDS.sleep(5);
        }
    }

    /** Also everything that went wrong. */
    List<String> stopAndFindLost() throws InterruptedException {
        close();
        List<String> wrong = new ArrayList<>();
        errors.forEach(error -> wrong.add(error.toString()));
        Set<String> there = Set.copyOf(lab.rows("SELECT id FROM middle"));
        acknowledged.stream().filter(id -> !there.contains("(" + id + ")")).forEach(id -> wrong.add("lost: " + id));
        return wrong;
    }

    @Override
    public void close() throws InterruptedException {
        stopped = true;
        for (Thread thread : threads) {
            thread.join(TimeUnit.SECONDS.toMillis(30));
        }
    }
}
