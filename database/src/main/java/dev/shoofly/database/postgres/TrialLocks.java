package dev.shoofly.database.postgres;

import dev.shoofly.database.StepImpact;
import dev.shoofly.database.StepImpact.TableLock;
import dev.shoofly.model.NativeStep;
import dev.shoofly.model.TableName;
import java.sql.Array;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Stream;

/**
 * Which tables besides its own an alteration locks: as the server shows it while an empty table is altered, and as the
 * catalog tells it of foreign keys, which the empty table does not have. Works in the trial's transaction. One thread.
 */
final class TrialLocks {
    /** Before the statements of a brief step: see {@link PostgresNativeAlter#attempt}. */
    static final String BRIEF = "ACCESS EXCLUSIVE";

    private static final String LONG = "SHARE UPDATE EXCLUSIVE";

    /** A lock of partitions goes without saying; that of a reader stops nobody who reads or writes. */
    private static final String HELD = """
            SELECT n.nspname, c.relname, l.mode
            FROM pg_catalog.pg_locks l
            JOIN pg_catalog.pg_class c ON c.oid = l.relation
            JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
            WHERE l.pid = pg_catalog.pg_backend_pid() AND l.locktype = 'relation' AND l.granted
              AND l.database = (SELECT d.oid FROM pg_catalog.pg_database d WHERE d.datname = current_database())
              AND l.mode <> 'AccessShareLock' AND c.relkind IN ('r', 'p') AND NOT c.relispartition
              AND c.oid <> ?::bigint::oid
              AND n.nspname NOT IN (?, 'pg_catalog', 'pg_toast', 'information_schema')
            ORDER BY 1, 2, 3
            """;

    /** The other ends of foreign keys that go, or are made anew, with their names or columns. */
    private static final String OTHER_ENDS = """
            SELECT DISTINCT n.nspname, o.relname
            FROM pg_catalog.pg_constraint k
            JOIN pg_catalog.pg_class o
              ON o.oid = CASE WHEN k.conrelid = ?::bigint::oid THEN k.confrelid ELSE k.conrelid END
            JOIN pg_catalog.pg_namespace n ON n.oid = o.relnamespace
            WHERE k.contype = 'f' AND k.conrelid <> k.confrelid AND NOT o.relispartition
              AND (k.conrelid = ?::bigint::oid AND k.conname = ANY (?)
                   OR EXISTS (SELECT 1 FROM pg_catalog.pg_attribute a
                              WHERE a.attrelid = ?::bigint::oid AND a.attname = ANY (?) AND NOT a.attisdropped
                                AND (k.conrelid = a.attrelid AND a.attnum = ANY (k.conkey)
                                     OR k.confrelid = a.attrelid AND a.attnum = ANY (k.confkey))))
            ORDER BY 1, 2
            """;

    private final Connection connection;
    private final TableName twin;
    private final long source;
    private Set<TableLock> known = Set.of();

    /** @param source the source's oid */
    TrialLocks(Connection connection, TableName twin, long source) {
        this.connection = connection;
        this.twin = twin;
        this.source = source;
    }

    /** Before a step. */
    void begin() throws SQLException {
        known = held();
    }

    /** After it: what it has locked. */
    List<TableLock> taken() throws SQLException {
        return held().stream().filter(lock -> !known.contains(lock)).toList();
    }

    private Set<TableLock> held() throws SQLException {
        return new LinkedHashSet<>(PostgresCatalog.query(
                connection,
                HELD,
                row -> new TableLock(new TableName(row.getString(1), row.getString(2)), words(row.getString(3))),
                source,
                twin.schema()));
    }

    /** {@code ShareRowExclusiveLock} as in {@code LOCK TABLE}. */
    private static String words(String mode) {
        return mode.replaceFirst("Lock$", "")
                .replaceAll("(?<=[a-z])(?=[A-Z])", " ")
                .toUpperCase(Locale.ROOT);
    }

    /**
     * The server takes the triggers of a foreign key from both its tables.
     *
     * @param constraints that are dropped
     * @param columns that are dropped or retyped
     */
    List<TableLock> ofForeignKeys(List<String> constraints, List<String> columns) throws SQLException {
        return otherEnds(constraints, columns).stream()
                .map(table -> new TableLock(table, BRIEF))
                .toList();
    }

    /** The server reads the other table of a foreign key that it validates. */
    List<TableLock> ofValidation(String constraint) throws SQLException {
        return otherEnds(List.of(constraint), List.of()).stream()
                .map(table -> new TableLock(table, "ROW SHARE"))
                .toList();
    }

    private List<TableName> otherEnds(List<String> constraints, List<String> columns) throws SQLException {
        Array names = connection.createArrayOf("text", constraints.toArray());
        Array within = connection.createArrayOf("text", columns.toArray());
        return PostgresCatalog.query(
                connection,
                OTHER_ENDS,
                row -> new TableName(row.getString(1), row.getString(2)),
                source,
                source,
                names,
                source,
                within);
    }

    /** @param others of each step */
    static List<StepImpact> impacts(List<NativeStep> steps, List<List<TableLock>> others) {
        List<StepImpact> impacts = new ArrayList<>();
        for (NativeStep step : steps) {
            boolean brief = step.kind() == NativeStep.Kind.BRIEF;
            impacts.add(new StepImpact(brief ? BRIEF : LONG, others.get(impacts.size()), isBuild(step)));
        }
        return impacts;
    }

    /** Of the long steps only the build of an index remembers anything. */
    private static boolean isBuild(NativeStep step) {
        return step.kind() == NativeStep.Kind.LONG && step.dialectState() != null;
    }

    /** What to know of the long steps, a sentence each. */
    static List<String> warnings(List<NativeStep> steps) {
        List<String> warnings = new ArrayList<>();
        String helpless = "; it can neither be slowed down nor paused";
        if (steps.stream().anyMatch(TrialLocks::isBuild)) {
            warnings.add(
                    "CREATE INDEX CONCURRENTLY reads the whole table, and waits for every transaction that is older"
                            + helpless);
        }
        if (steps.stream().anyMatch(step -> step.kind() == NativeStep.Kind.LONG && !isBuild(step))) {
            warnings.add("VALIDATE CONSTRAINT reads the whole table" + helpless);
        }
        return warnings;
    }

    static List<TableLock> both(List<TableLock> some, List<TableLock> more) {
        return Stream.concat(some.stream(), more.stream()).distinct().toList();
    }
}
