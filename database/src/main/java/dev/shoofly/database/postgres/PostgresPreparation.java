package dev.shoofly.database.postgres;

import static dev.shoofly.database.postgres.PostgresNames.quote;

import dev.shoofly.database.Preparation;
import dev.shoofly.database.ReadSample;
import dev.shoofly.database.ShadowTrial;
import dev.shoofly.database.TableTies;
import dev.shoofly.database.connection.ConnectionPool;
import dev.shoofly.database.connection.ConnectionProfile;
import dev.shoofly.database.connection.Retry;
import dev.shoofly.database.connection.SqlErrors;
import dev.shoofly.database.connection.Transactions;
import dev.shoofly.model.ErrorKind;
import dev.shoofly.model.MigrationId;
import dev.shoofly.model.MigrationPlan;
import dev.shoofly.model.MigrationSpec;
import dev.shoofly.model.RollbackFeasibility;
import dev.shoofly.model.ShooflyException;
import dev.shoofly.model.TableName;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Savepoint;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Finds and checks the source, and makes the shadow. */
final class PostgresPreparation implements Preparation {
    private static final Retry LOCK_CONFLICTS =
            new Retry(Duration.ofSeconds(30), Duration.ofMillis(50), Duration.ofSeconds(2), error -> {});
    private final ConnectionPool pool;

    PostgresPreparation(ConnectionPool pool) {
        this.pool = pool;
    }

    @Override
    public TableName resolve(String table) {
        List<SqlTokens.Token> tokens = SqlTokens.of(table.strip());
        ConnectionProfile profile = pool.profile();
        // A connection of its own: the pool would hide a refused login behind a time-out.
        try (Connection connection = PostgresSession.connect(profile)) {
            TableName found = find(connection, tokens, table.strip());
            if (found == null) {
                throw new ShooflyException(
                        ErrorKind.REFUSED,
                        "table " + table + " does not exist in database " + profile.database() + " on "
                                + profile.host() + ":" + profile.port() + ", or " + profile.user()
                                + " may not see it. Nothing was changed. Name it as schema.table.");
            }
            requireOrdinary(connection, found);
            return found;
        } catch (SQLException e) {
            throw unreachable(profile, e);
        }
    }

    private static @Nullable TableName find(Connection connection, List<SqlTokens.Token> tokens, String table)
            throws SQLException {
        boolean qualified = tokens.size() == 3
                && tokens.get(0).isIdentifier()
                && tokens.get(1).isSymbol('.')
                && tokens.get(2).isIdentifier();
        if (qualified) {
            for (boolean folded : new boolean[] {false, true}) {
                TableName name = new TableName(spelling(tokens.get(0), folded), spelling(tokens.get(2), folded));
                if (PostgresCatalog.oid(connection, name).isPresent()) {
                    return name;
                }
            }
            return null;
        }
        if (tokens.size() == 1 && tokens.get(0).isIdentifier()) {
            TableName exact = onPath(connection, spelling(tokens.get(0), false));
            return exact == null ? onPath(connection, spelling(tokens.get(0), true)) : exact;
        }
        // A name with blanks or signs, typed without quotes.
        return table.isEmpty() ? null : onPath(connection, table);
    }

    /** As typed, or as the server would fold it. */
    private static String spelling(SqlTokens.Token token, boolean folded) {
        return folded || token.kind() == SqlTokens.Kind.QUOTED ? token.identifier() : token.text();
    }

    private static @Nullable TableName onPath(Connection connection, String name) throws SQLException {
        List<TableName> found = PostgresCatalog.query(
                connection,
                "SELECT n.nspname, c.relname FROM pg_catalog.pg_class c"
                        + " JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE c.oid = to_regclass(?)",
                row -> new TableName(row.getString(1), row.getString(2)),
                quote(name));
        return found.isEmpty() ? null : found.get(0);
    }

    private static void requireOrdinary(Connection connection, TableName table) throws SQLException {
        String kind = PostgresCatalog.text(
                connection,
                "SELECT CASE WHEN n.nspname IN ('pg_catalog', 'information_schema', 'shoofly') THEN 'a system table'"
                        + " WHEN c.relpersistence = 't' THEN 'a temporary table'"
                        + " WHEN c.relkind IN ('r', 'p') THEN NULL"
                        + " WHEN c.relkind IN ('v', 'm') THEN 'a view' WHEN c.relkind = 'f' THEN 'a foreign table'"
                        + " ELSE 'no table' END FROM pg_catalog.pg_class c"
                        + " JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
                        + " WHERE n.nspname = ? AND c.relname = ?",
                table.schema(),
                table.table());
        if (kind != null) {
            throw new ShooflyException(
                    ErrorKind.REFUSED,
                    table + " is " + kind
                            + "; only ordinary and partitioned tables can be migrated. Nothing was changed.");
        }
    }

    private static ShooflyException unreachable(ConnectionProfile profile, SQLException error) {
        String server = profile.host() + ":" + profile.port();
        String state = String.valueOf(error.getSQLState());
        if (state.startsWith("28")) {
            return new ShooflyException(
                    ErrorKind.REFUSED,
                    "the server at " + server + " refuses user " + profile.user() + ": " + SqlErrors.serverSaid(error)
                            + ". Check user, password and pg_hba.conf.",
                    error);
        }
        if (state.startsWith("3D")) {
            return new ShooflyException(
                    ErrorKind.REFUSED,
                    "there is no database " + profile.database() + " on " + server + ": " + SqlErrors.serverSaid(error),
                    error);
        }
        return new ShooflyException(
                SqlErrors.isTransient(error) ? ErrorKind.TRANSIENT : ErrorKind.REFUSED,
                "cannot work on " + server + ": " + SqlErrors.serverSaid(error),
                error);
    }

    @Override
    public List<String> findings(TableName source) {
        return pool.inTransaction(
                "checking " + source, connection -> new PostgresPreflight(connection, source).findings());
    }

    @Override
    public List<String> warnings(TableName source) {
        return pool.inTransaction("looking what hangs on " + source, connection -> {
            PostgresCatalog.qualifyEverything(connection);
            return SourceShape.warnings(
                    connection, PostgresCatalog.oid(connection, source).orElseThrow());
        });
    }

    @Override
    public TableTies ties(TableName source) {
        return pool.inTransaction("looking what hangs on " + source, connection -> {
            PostgresCatalog.qualifyEverything(connection);
            return PostgresTies.of(
                    connection, PostgresCatalog.oid(connection, source).orElseThrow());
        });
    }

    @Override
    public MigrationPlan createShadow(MigrationId id, TableName source, MigrationSpec spec) {
        String what = "creating the shadow of " + source;
        return LOCK_CONFLICTS.call(
                what,
                () -> pool.inTransaction(what, connection -> new ShadowBuilder(connection, id, source, spec).build()));
    }

    @Override
    public ShadowTrial tryShadow(MigrationId id, TableName source, MigrationSpec spec, int rows) {
        String what = "trying a shadow of " + source;
        return LOCK_CONFLICTS.call(
                what,
                () -> pool.with(
                        what,
                        connection -> Transactions.undone(
                                connection,
                                open -> copySome(
                                        open, new ShadowBuilder(open, id, source, spec).build(), spec, rows))));
    }

    private static ShadowTrial copySome(Connection connection, MigrationPlan plan, MigrationSpec spec, int rows)
            throws SQLException {
        Savepoint before = connection.setSavepoint();
        RollbackFeasibility rollback = PostgresWayBack.feasibility(connection, plan, spec.reverses());
        connection.rollback(before);
        PostgresProjection sql = new PostgresProjection(plan);
        PostgresKeys keys = new PostgresKeys(plan.key());
        long begun = System.nanoTime();
        try (Statement statement = connection.createStatement()) {
            statement.execute("SET LOCAL statement_timeout = '30s'");
            long copied =
                    statement.executeLargeUpdate("INSERT INTO " + sql.shadow() + " (" + sql.targets() + ") SELECT "
                            + sql.values() + " FROM " + sql.source() + " AS s ORDER BY "
                            + keys.columns(PostgresKeys.Side.SOURCE, "s") + " LIMIT " + rows);
            return new ShadowTrial(plan, copied, Duration.ofNanos(System.nanoTime() - begun), null, rollback);
        } catch (SQLException e) {
            if (SqlErrors.isTransient(e)) {
                throw e;
            }
            boolean tookTooLong = "57014".equals(e.getSQLState());
            if (tookTooLong) {
                return new ShadowTrial(plan, 0, Duration.ZERO, null, rollback);
            }
            return new ShadowTrial(plan, 0, Duration.ZERO, SqlErrors.serverSaid(e), rollback);
        }
    }

    @Override
    public ReadSample read(TableName source, int rows) {
        return pool.with("reading some rows of " + source, connection -> {
            long begun = System.nanoTime();
            long read = Long.parseLong(String.valueOf(PostgresCatalog.text(
                    connection,
                    "SELECT count(md5(s::text)) FROM (SELECT * FROM " + quote(source) + " LIMIT " + rows + ") s")));
            return new ReadSample(read, Duration.ofNanos(System.nanoTime() - begun));
        });
    }

    @Override
    public void dropShadow(MigrationId id, TableName source) {
        String what = "dropping the shadow of " + source;
        LOCK_CONFLICTS.call(
                what,
                () -> pool.inTransaction(what, connection -> {
                    ShadowBuilder.drop(connection, id, source);
                    return true;
                }));
    }

    @Override
    public long estimateRows(TableName source) {
        return pool.with("estimating the rows of " + source, connection -> estimateRows(connection, source));
    }

    /** The planner's estimate, which also knows tables that were never analyzed, and growth since then. */
    static long estimateRows(Connection connection, TableName source) throws SQLException {
        String plan = PostgresCatalog.text(connection, "EXPLAIN (FORMAT JSON) SELECT FROM " + quote(source));
        return rows(String.valueOf(plan));
    }

    /** @param plan as EXPLAIN prints it in JSON */
    static long rows(String plan) {
        java.util.regex.Matcher rows =
                java.util.regex.Pattern.compile("\"Plan Rows\":\\s*(\\d+)").matcher(plan);
        return rows.find() ? Long.parseLong(rows.group(1)) : 0;
    }
}
