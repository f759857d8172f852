package dev.shoofly.benchmarks.changes;

import dev.shoofly.benchmarks.reference.ConnectionSource;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongFunction;

/** Two readers, two updaters, an inserter and a deleter of the reference table. Close it. */
public final class Application implements AutoCloseable {
    /** Least that an operation may take before anybody calls it blocking. */
    private static final long LEAST_ALLOWED_MILLIS = 1_000;

    private static final long TIMES_THE_USUAL = 20;

    private final List<Worker> workers = new ArrayList<>();
    private final List<Long> allowed = new ArrayList<>();
    private final AtomicLong inserted;
    private volatile String table;

    /** @param rows that the table has, numbered from 1 */
    public Application(ConnectionSource source, String table, long rows) throws SQLException {
        this.table = table;
        this.inserted = new AtomicLong(rows);
        for (int i = 1; i <= 2; i++) {
            add(source, "reader " + i, rows, id -> "SELECT status, note FROM " + this.table + " WHERE id = " + id);
            add(
                    source,
                    "updater " + i,
                    rows,
                    id -> "UPDATE " + this.table + " SET version = version + 1 WHERE id = " + id);
        }
        add(source, "inserter", rows, id -> insert(inserted.incrementAndGet()));
        add(source, "deleter", rows, id -> "DELETE FROM " + this.table + " WHERE id = " + id);
    }

    private void add(ConnectionSource source, String name, long rows, LongFunction<String> statement)
            throws SQLException {
        workers.add(new Worker(name, source.connect(), statement, rows));
    }

    private String insert(long id) {
        return "INSERT INTO " + table
                + " (id, order_no, customer_id, status, amount_cents, email, note, version, placed_at, changed_at)"
                + " VALUES (" + id + ", 'X-" + id + "', " + id % 100 + ", 'new', '5', 'a@example.com', 'note', 0,"
                + " '2024-01-01', '2024-01-01')";
    }

    /** The name that it uses from now on. */
    public void table(String name) {
        table = name;
    }

    /** What is usual has been seen since {@link #begin}. */
    public void learn() {
        allowed.clear();
        for (Worker worker : workers) {
            allowed.add(Math.max(LEAST_ALLOWED_MILLIS, TIMES_THE_USUAL * worker.usualMillis()));
        }
    }

    public void begin() {
        workers.forEach(Worker::begin);
    }

    /**
     * What one operation did to the worker that it held up most, by its allowance.
     *
     * @param failures statements that failed, of all workers
     */
    public record Verdict(String worker, long longestMillis, long allowedMillis, long failures, String lastFailure) {}

    /** Since {@link #begin}. */
    public Verdict verdict() {
        Worker worst = workers.get(0);
        double most = -1;
        long allowance = 1;
        long failures = 0;
        String lastFailure = "";
        for (int i = 0; i < workers.size(); i++) {
            Worker worker = workers.get(i);
            double share = (double) worker.longestMillis() / allowed.get(i);
            if (share > most) {
                most = share;
                worst = worker;
                allowance = allowed.get(i);
            }
            failures += worker.failures();
            lastFailure = worker.failures() > 0 ? worker.lastFailure() : lastFailure;
        }
        return new Verdict(worst.name(), worst.longestMillis(), allowance, failures, lastFailure);
    }

    @Override
    public void close() throws SQLException {
        for (Worker worker : workers) {
            worker.close();
        }
    }
}
