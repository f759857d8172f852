package dev.shoofly.database.mysql;

import dev.shoofly.database.Preparation;
import dev.shoofly.database.ReadSample;
import dev.shoofly.database.ShadowTrial;
import dev.shoofly.database.TableTies;
import dev.shoofly.database.connection.ConnectionPool;
import dev.shoofly.database.connection.SqlErrors;
import dev.shoofly.model.ErrorKind;
import dev.shoofly.model.MigrationId;
import dev.shoofly.model.MigrationPlan;
import dev.shoofly.model.MigrationSpec;
import dev.shoofly.model.RollbackFeasibility;
import dev.shoofly.model.ShadowNames;
import dev.shoofly.model.ShooflyException;
import dev.shoofly.model.TableName;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** Looks at the server and makes the shadow. */
final class MySqlPreparation implements Preparation {
    private static final Pattern CONVERT = Pattern.compile("(?i)\\bCONVERT\\s+TO\\b");
    private final ConnectionPool pool;

    MySqlPreparation(ConnectionPool pool) {
        this.pool = pool;
    }

    @Override
    public TableName resolve(String table) {
        TableName wanted = MySqlNames.parse(table, pool.profile().database());
        // Not from the pool, which would try a refused login again and again before it says so.
        try (Connection connection = MySqlSession.connect(pool.profile())) {
            MySqlCatalog.Found found = MySqlCatalog.find(connection, wanted)
                    .orElseThrow(() -> new ShooflyException(
                            ErrorKind.REFUSED,
                            "there is no table " + wanted + " on " + server() + " that user "
                                    + pool.profile().user()
                                    + " may see. Nothing was changed. Check the name and the user's"
                                    + " privileges."));
            if (!found.type().equals("BASE TABLE")) {
                throw new ShooflyException(
                        ErrorKind.REFUSED,
                        wanted + " is not an ordinary table but a " + found.type() + ". Nothing was changed.");
            }
            return found.name();
        } catch (SQLException e) {
            throw notConnected(e);
        }
    }

    private String server() {
        return pool.profile().host() + ":" + pool.profile().port();
    }

    private ShooflyException notConnected(SQLException error) {
        boolean refused = error.getErrorCode() == 1045 || error.getErrorCode() == 1044 || error.getErrorCode() == 1049;
        String remedy = switch (error.getErrorCode()) {
            case 1045 -> "Check the user and the password.";
            case 1044 -> "Grant the user access to the database.";
            case 1049 -> "Check the database in the URL.";
            default -> "Check that the server runs and can be reached from here.";
        };
        return new ShooflyException(
                refused || !SqlErrors.isTransient(error) ? ErrorKind.REFUSED : ErrorKind.TRANSIENT,
                "cannot connect to MySQL on " + server() + " as "
                        + pool.profile().user() + ": " + SqlErrors.serverSaid(error) + ". Nothing was changed. "
                        + remedy,
                error);
    }

    @Override
    public List<String> findings(TableName source) {
        return pool.with("checking " + source, connection -> new MySqlPreflight(connection, source).findings());
    }

    @Override
    public MigrationPlan createShadow(MigrationId id, TableName source, MigrationSpec spec) {
        dropShadow(id, source);
        try {
            return pool.with(
                    "creating the shadow of " + source,
                    connection -> create(
                            connection,
                            id,
                            source,
                            spec,
                            Processors.of(connection, pool.profile().host())));
        } catch (RuntimeException e) {
            dropAfter(e, id, source);
            throw e;
        }
    }

    @Override
    public ShadowTrial tryShadow(MigrationId id, TableName source, MigrationSpec spec, int rows) {
        MigrationPlan plan = createShadow(id, source, spec);
        try {
            RollbackFeasibility rollback = new MySqlWayBack(pool, plan, spec.reverses()).feasibility();
            MigrationSql sql = MigrationSql.of(plan);
            SqlText copy = SqlText.of("INSERT INTO " + sql.shadow() + " (" + sql.columns() + ") SELECT "
                    + sql.projection() + sql.fromSource() + " ORDER BY "
                    + sql.sourceKey().columns("") + " LIMIT " + rows);
            return pool.with("copying some rows of " + source, connection -> {
                long begun = System.nanoTime();
                try {
                    long copied = copy.update(connection);
                    return new ShadowTrial(plan, copied, Duration.ofNanos(System.nanoTime() - begun), null, rollback);
                } catch (SQLException e) {
                    if (SqlErrors.isTransient(e)) {
                        throw e;
                    }
                    return new ShadowTrial(plan, 0, Duration.ZERO, SqlErrors.serverSaid(e), rollback);
                }
            });
        } finally {
            dropShadow(id, source);
        }
    }

    private void dropAfter(RuntimeException error, MigrationId id, TableName source) {
        try {
            dropShadow(id, source);
        } catch (RuntimeException e) {
            error.addSuppressed(e);
        }
    }

    private static MigrationPlan create(
            Connection connection, MigrationId id, TableName source, MigrationSpec spec, OptionalInt processors)
            throws SQLException {
        String definition = SourceDefinition.of(connection, source);
        MySqlTable before = MySqlCatalog.table(connection, source);
        ShadowNames names = MovedChecks.names(connection, source, id);
        Map<String, String> checks = MovedChecks.copy(connection, source, names.shadow());
        List<AlterText> alters = new ArrayList<>();
        for (String text : spec.alters()) {
            String ours = AlterText.isCreate(text) ? text : AlterText.withChecks(text, source, checks);
            alters.add(AlterText.parse(ours, source, names.shadow())
                    .orElseThrow(() -> notUnderstood(connection, text, source, names.shadow())));
        }
        for (int i = 0; i < alters.size(); i++) {
            run(connection, source, alters.get(i), spec.alters().get(i));
        }
        MySqlTable after = MySqlCatalog.table(connection, names.shadow());
        requireUsable(connection, source, after);
        requireSingleValues(source, after);
        CheckNames.of(connection, names.shadow()).requireNamesAs(connection, source);
        requireNoStoredZone(connection, source, after);
        Map<String, String> origins = AlterText.origins(
                before.columns().stream().map(MySqlColumn::name).toList(), alters);
        if (spec.alters().stream().anyMatch(text -> CONVERT.matcher(text).find())) {
            requireReadableLabels(before, after, origins);
        }
        new TriggerHandover(id, source, names.shadow(), MySqlCatalog.triggers(connection, source)).rehearse(connection);
        ComputedColumns computed = ComputedColumns.of(connection, before, after, spec.transforms());
        List<ForeignKeyMove> foreignKeys = new ForeignKeyRehearsal(
                        connection, id, before, after, origins, computed.names())
                .moves(MySqlCatalog.references(connection, source));
        Attached attached = Attached.read(connection, source, foreignKeys);
        MySqlProjection projection = MySqlProjection.of(
                before, after, origins, computed, timeZone(connection, before, after, origins, computed));
        SharedKey key = SharedKey.find(connection, before, after, origins, computed.names());
        List<DialectState.Index> deferred = new IndexPlan(
                        connection, before, after, projection.projection(), key.shadowIndex(), processors)
                .defer(spec.deferIndexes());
        return new MigrationPlan(
                id,
                source,
                names.shadow(),
                names.old(),
                key.definition(),
                projection.projection(),
                spec.partitions(),
                new DialectState(key.shadowIndex(), definition, projection.mirrored(), deferred, attached, List.of())
                        .text());
    }

    private static void run(Connection connection, TableName source, AlterText alter, String text) throws SQLException {
        try {
            ConnectionPool.execute(connection, alter.statement());
        } catch (SQLException e) {
            if (SqlErrors.isTransient(e)) {
                throw e;
            }
            throw refusedByServer(source, text, e);
        }
    }

    private static ShooflyException refusedByServer(TableName source, String text, SQLException error) {
        String alternative = MySqlErrors.alternative(error);
        return new ShooflyException(
                ErrorKind.REFUSED,
                "the server refuses '" + text.strip() + "' on a copy of " + source + ": " + SqlErrors.serverSaid(error)
                        + ". The table itself was not touched."
                        + (alternative.isEmpty() ? " Correct the ALTER." : alternative),
                error);
    }

    /** PREPARE reads the text without running it: either the server words what is wrong, or only the grammar is behind. */
    private static ShooflyException notUnderstood(
            Connection connection, String text, TableName source, TableName shadow) {
        try {
            String statement =
                    AlterText.statement(text, shadow).replace("\\", "\\\\").replace("'", "''");
            ConnectionPool.execute(connection, "PREPARE shoofly_check FROM '" + statement + "'");
            ConnectionPool.execute(connection, "DEALLOCATE PREPARE shoofly_check");
        } catch (SQLException e) {
            return refusedByServer(source, text, e);
        }
        return new ShooflyException(
                ErrorKind.REFUSED,
                "cannot tell what '" + text.strip() + "' does to the columns of " + source
                        + ": the grammar does not know its syntax, though the server does. Nothing was changed. Write it in"
                        + " plainer clauses.");
    }

    private static void requireUsable(Connection connection, TableName source, MySqlTable shadow) throws SQLException {
        if (!shadow.engine().equalsIgnoreCase("InnoDB")) {
            throw new ShooflyException(
                    ErrorKind.REFUSED,
                    "cannot migrate " + source + " to " + shadow.engine()
                            + ": only InnoDB tables have the transactions that this relies on. Nothing was changed.");
        }
        List<String> foreignKeys = MySqlCatalog.foreignKeys(connection, shadow.name());
        if (!foreignKeys.isEmpty()) {
            throw new ShooflyException(
                    ErrorKind.REFUSED,
                    "cannot migrate " + source + ": the ALTER adds a foreign key (" + String.join(", ", foreignKeys)
                            + "), which is not supported. Nothing was changed. Add it afterwards.");
        }
    }

    private static void requireSingleValues(TableName source, MySqlTable shadow) {
        List<String> several = shadow.uniqueIndexes().stream()
                .filter(MySqlIndex::isMultiValued)
                .map(MySqlIndex::name)
                .toList();
        if (!several.isEmpty()) {
            throw new ShooflyException(
                    ErrorKind.REFUSED,
                    "cannot migrate " + source + ": the unique key " + String.join(", ", several)
                            + " holds several values of one row (CAST(… AS … ARRAY)). When such a value moves from one row"
                            + " to another, the row that still has it in the copy cannot be told. Nothing was changed. Make"
                            + " the key non-unique, or drop it and add it again afterwards.");
        }
    }

    /**
     * CONVERT TO leaves the bytes of an ENUM's and a SET's labels and only reads them in another character set: 'ä' of
     * latin1 is nothing in utf8mb4, and an 'ä' that is copied may find an 'a' that the collation calls equal.
     */
    private static void requireReadableLabels(MySqlTable source, MySqlTable shadow, Map<String, String> origins) {
        for (MySqlColumn to : shadow.columns()) {
            Optional<MySqlColumn> from = Optional.ofNullable(
                            origins.get(to.name().toLowerCase(Locale.ROOT)))
                    .flatMap(source::column)
                    .filter(MySqlColumn::hasLabels);
            if (from.isEmpty() || !to.hasLabels() || Objects.equals(from.get().charset(), to.charset())) {
                continue;
            }
            List<String> were = EnumLabels.of(from.get().columnType());
            List<String> are = EnumLabels.of(to.columnType());
            if (were.size() == are.size() && !were.equals(are)) {
                throw new ShooflyException(
                        ErrorKind.REFUSED,
                        "cannot migrate " + source.name() + ": by CONVERT TO the server makes " + to.columnType()
                                + " of "
                                + from.get().columnType() + " in column " + to.name()
                                + ". Nothing was changed. Say in the same ALTER what it shall be: MODIFY "
                                + MySqlNames.quote(to.name()) + " " + from.get().columnType() + " CHARACTER SET "
                                + to.charset() + ".");
            }
        }
    }

    /**
     * A stored generated column holds a moment as the zone of the session that wrote the row showed it. Our sessions run in
     * UTC, and nothing can be written into such a column. Where the server keeps UTC, applications are taken to do so, too.
     */
    private static void requireNoStoredZone(Connection connection, TableName source, MySqlTable shadow)
            throws SQLException {
        List<String> moments = shadow.columns().stream()
                .filter(column -> column.dataType().equals("timestamp"))
                .map(column -> MySqlNames.quote(column.name()).toLowerCase(Locale.ROOT))
                .toList();
        List<String> zoned = MySqlCatalog.storedColumns(connection, shadow.name()).stream()
                .filter(stored -> moments.stream().anyMatch(stored.expression().toLowerCase(Locale.ROOT)::contains))
                .map(MySqlCatalog.StoredColumn::name)
                .toList();
        if (!zoned.isEmpty() && !keepsUtc(connection)) {
            throw new ShooflyException(
                    ErrorKind.REFUSED,
                    "cannot migrate " + source + ": the stored generated column " + String.join(", ", zoned)
                            + " is computed from a TIMESTAMP, and so depends on the time zone of the session that writes a"
                            + " row. Copied rows would get other values. Nothing was changed. Make the column VIRTUAL, or"
                            + " drop it.");
        }
    }

    /** In winter and in summer; an unknown zone is none. */
    private static boolean keepsUtc(Connection connection) throws SQLException {
        String zone = MySqlCatalog.variable(connection, "time_zone");
        return SqlText.of("SELECT 1 FROM DUAL WHERE CONVERT_TZ('2020-01-01', '+00:00', ?) = '2020-01-01'", zone)
                        .findsRow(connection)
                && SqlText.of("SELECT 1 FROM DUAL WHERE CONVERT_TZ('2020-07-01', '+00:00', ?) = '2020-07-01'", zone)
                        .findsRow(connection);
    }

    private static String timeZone(
            Connection connection,
            MySqlTable source,
            MySqlTable shadow,
            Map<String, String> origins,
            ComputedColumns computed)
            throws SQLException {
        String zone = MySqlCatalog.variable(connection, "time_zone");
        boolean known = SqlText.of("SELECT 1 FROM DUAL WHERE CONVERT_TZ('2020-01-01', '+00:00', ?) IS NOT NULL", zone)
                .findsRow(connection);
        // An unknown zone yields NULL, which a nullable column would take in silence.
        if (!known && MySqlProjection.convertsTimeZones(source, shadow, origins, computed)) {
            throw new ShooflyException(
                    ErrorKind.REFUSED,
                    "cannot convert between TIMESTAMP and other types in " + source.name()
                            + ": the server's time zone '"
                            + zone + "' is not in its time zone tables. Nothing was changed. Load them"
                            + " (mysql_tzinfo_to_sql), or set time_zone to an offset.");
        }
        return zone;
    }

    @Override
    public ReadSample read(TableName source, int rows) {
        return pool.with("reading some rows of " + source, connection -> {
            String columns = MySqlCatalog.table(connection, source).columns().stream()
                    .map(column -> MySqlNames.quote(column.name()))
                    .collect(Collectors.joining(", "));
            long begun = System.nanoTime();
            // COUNT looks at no value, and a plain CONCAT_WS may not be made.
            long read = SqlText.of("SELECT COUNT(CRC32(CONCAT_WS(',', '', " + columns + "))) FROM (SELECT * FROM "
                            + MySqlNames.quote(source) + " LIMIT " + rows + ") AS s")
                    .list(connection, row -> row.getLong(1))
                    .get(0);
            return new ReadSample(read, Duration.ofNanos(System.nanoTime() - begun));
        });
    }

    @Override
    public void dropShadow(MigrationId id, TableName source) {
        List<TableName> shadows = List.of(
                MySqlNames.besides(source, id).shadow(),
                ShadowSchemas.names(source, id).shadow());
        pool.with("dropping the shadow of " + source, connection -> {
            for (TableName shadow : shadows) {
                List<TableName> tables = new ArrayList<>(ForeignKeyRehearsal.tables(connection, shadow, id));
                if (MySqlCatalog.exists(connection, shadow)) {
                    tables.add(shadow);
                }
                for (TableName table : tables) {
                    ConnectionPool.execute(connection, "DROP TABLE IF EXISTS " + MySqlNames.quote(table));
                }
            }
            for (String schema : ShadowSchemas.of(id)) {
                ShadowSchemas.dropEmpty(connection, schema);
            }
            return true;
        });
    }

    @Override
    public List<String> warnings(TableName source) {
        return pool.with("looking at the checks of " + source, connection -> MovedChecks.warnings(connection, source));
    }

    @Override
    public TableTies ties(TableName source) {
        return pool.with("looking what hangs on " + source, connection -> MySqlTies.of(connection, source));
    }

    @Override
    public long estimateRows(TableName source) {
        return pool.with(
                "estimating the rows of " + source,
                connection -> MySqlCatalog.find(connection, source)
                        .map(MySqlCatalog.Found::rows)
                        .orElse(0L));
    }
}
