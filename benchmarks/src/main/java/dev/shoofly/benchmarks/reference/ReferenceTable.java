package dev.shoofly.benchmarks.reference;

import dev.shoofly.database.DatabaseKind;
import dev.shoofly.database.connection.ConnectionPool;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * The table of the published figures: ten columns, a bigint primary key and four secondary indexes, of which one is
 * composite and one unique. The migration widens an indexed column and adds another.
 */
@SuppressWarnings("ImmutableEnumChecker") // the lists are immutable, which their type cannot say
public enum ReferenceTable {
    MYSQL(
            """
            CREATE TABLE %1$s (
              id BIGINT NOT NULL PRIMARY KEY,
              order_no VARCHAR(16) NOT NULL,
              customer_id %2$s NOT NULL,
              status VARCHAR(16) NOT NULL,
              amount_cents INT NOT NULL,
              email VARCHAR(100) NOT NULL,
              note VARCHAR(200) NOT NULL,
              version INT NOT NULL,
              placed_at DATETIME(3) NOT NULL,
              changed_at DATETIME(3) NOT NULL%3$s)""",
            """
            INSERT INTO %1$s
            WITH RECURSIVE numbers (n) AS (SELECT ? UNION ALL SELECT n + 1 FROM numbers WHERE n < ?)
            SELECT n, CONCAT('N-', LPAD(HEX(n * %2$d %% %3$d), 8, '0')), n * %4$d %% %5$d,
                   ELT(n %% 5 + 1, 'new', 'paid', 'packed', 'shipped', 'returned'), n * %6$d %% %7$d,
                   CONCAT('customer', n * %4$d %% %5$d, '@example.com'),
                   CONCAT('Order ', n, ' was placed by customer ', n * %4$d %% %5$d, ' and may be left with a neighbour'),
                   0, '2024-01-01' + INTERVAL n %% 31536000 SECOND, '2024-01-01' + INTERVAL n %% 31536000 SECOND
            FROM numbers""",
            List.of(
                    "SET SESSION cte_max_recursion_depth = 10000000",
                    // Nobody reads what came before the migration from the log.
                    "SET SESSION sql_log_bin = 0"),
            List.of("ALTER TABLE %1$s ADD UNIQUE KEY (order_no), ADD KEY (customer_id), ADD KEY (status, placed_at),"
                    + " ADD KEY (email)"),
            List.of("MODIFY customer_id BIGINT NOT NULL, ADD COLUMN region VARCHAR(16) NOT NULL DEFAULT 'eu'"),
            "CAST(CONV(LEFT(MD5(CONCAT_WS('|', %s)), 14), 16, 10) AS UNSIGNED)",
            """
            SELECT CONCAT(IF(MAX(non_unique) = 0, 'unique ', ''), GROUP_CONCAT(column_name ORDER BY seq_in_index))
            FROM information_schema.statistics
            WHERE table_schema = DATABASE() AND table_name = ? GROUP BY index_name"""),

    POSTGRES(
            """
            CREATE TABLE %1$s (
              id bigint NOT NULL,
              order_no varchar(16) NOT NULL,
              customer_id %2$s NOT NULL,
              status varchar(16) NOT NULL,
              amount_cents integer NOT NULL,
              email varchar(100) NOT NULL,
              note varchar(200) NOT NULL,
              version integer NOT NULL,
              placed_at timestamp(3) NOT NULL,
              changed_at timestamp(3) NOT NULL%3$s)""",
            """
            INSERT INTO %1$s
            SELECT n, 'N-' || upper(lpad(to_hex(n * %2$d %% %3$d), 8, '0')), n * %4$d %% %5$d,
                   (ARRAY['new', 'paid', 'packed', 'shipped', 'returned'])[n %% 5 + 1], n * %6$d %% %7$d,
                   'customer' || n * %4$d %% %5$d || '@example.com',
                   'Order ' || n || ' was placed by customer ' || n * %4$d %% %5$d || ' and may be left with a neighbour',
                   0, timestamp '2024-01-01' + n %% 31536000 * interval '1 second',
                   timestamp '2024-01-01' + n %% 31536000 * interval '1 second'
            FROM generate_series(?::bigint, ?::bigint) AS numbers (n)""",
            List.of("SET synchronous_commit = off"),
            List.of(
                    "ALTER TABLE %1$s ADD PRIMARY KEY (id)",
                    "CREATE UNIQUE INDEX ON %1$s (order_no)",
                    "CREATE INDEX ON %1$s (customer_id)",
                    "CREATE INDEX ON %1$s (status, placed_at)",
                    "CREATE INDEX ON %1$s (email)"),
            List.of("ALTER COLUMN customer_id TYPE bigint", "ADD COLUMN region varchar(16) NOT NULL DEFAULT 'eu'"),
            "hashtextextended(concat_ws('|', %s), 0)",
            """
            SELECT CASE WHEN i.indisunique THEN 'unique ' ELSE '' END || string_agg(a.attname, ',' ORDER BY k.place)
            FROM pg_index i
            CROSS JOIN LATERAL unnest(i.indkey) WITH ORDINALITY AS k (attribute, place)
            JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.attribute
            WHERE i.indrelid = to_regclass(quote_ident(?)) AND i.indisvalid AND i.indisready
            GROUP BY i.indexrelid, i.indisunique""");

    /** The table that is migrated. */
    public static final String NAME = "orders";

    /** What {@link #indexes} finds on a complete table. */
    public static final Set<String> INDEXES =
            Set.of("unique id", "unique order_no", "customer_id", "status,placed_at", "email");

    public static final String COLUMNS =
            "id, order_no, customer_id, status, amount_cents, email, note, version, placed_at, changed_at";

    private static final int FILL_ROWS = 20_000;
    private static final int FILL_CONNECTIONS = 2;

    private final String create;
    private final String fill;
    private final List<String> fillSession;
    private final List<String> indexes;
    private final List<String> alters;
    private final String rowHash;
    private final String findIndexes;

    ReferenceTable(
            String create,
            String fill,
            List<String> fillSession,
            List<String> indexes,
            List<String> alters,
            String rowHash,
            String findIndexes) {
        this.create = create;
        this.fill = fill;
        this.fillSession = fillSession;
        this.indexes = indexes;
        this.alters = alters;
        this.rowHash = rowHash;
        this.findIndexes = findIndexes;
    }

    public static ReferenceTable of(DatabaseKind kind) {
        return switch (kind) {
            case MYSQL -> MYSQL;
            case POSTGRES -> POSTGRES;
        };
    }

    /** What the migration does to the table. */
    public List<String> alters() {
        return alters;
    }

    /** Creates {@link #NAME} with rows 1 to {@code rows}, made inside the server, the secondary indexes last. */
    public void create(ConnectionSource source, long rows) throws SQLException, InterruptedException {
        try (Connection connection = source.connect()) {
            ConnectionPool.execute(connection, String.format(create, NAME, "integer", ""));
            String sql = String.format(
                    fill,
                    NAME,
                    Order.NUMBER_FACTOR,
                    Order.NUMBERS,
                    Order.CUSTOMER_FACTOR,
                    Order.CUSTOMERS,
                    Order.AMOUNT_FACTOR,
                    Order.AMOUNT_LIMIT);
            new Chunks(sql, fillSession, rows, FILL_ROWS).run(source, FILL_CONNECTIONS);
            for (String setting : fillSession) {
                ConnectionPool.execute(connection, setting);
            }
            addIndexes(connection, NAME);
            analyze(connection, NAME);
        }
    }

    /** Gathers what the optimizer wants to know, and on PostgreSQL does the work that first readers would do. */
    public void analyze(Connection connection, String name) throws SQLException {
        ConnectionPool.execute(
                connection,
                switch (this) {
                    case MYSQL -> "ANALYZE TABLE " + name;
                    case POSTGRES -> "VACUUM ANALYZE " + name;
                });
    }

    /** An empty table of the shape that the migration leads to, without secondary indexes; on PostgreSQL without any. */
    public void createChanged(Connection connection, String name) throws SQLException {
        ConnectionPool.execute(
                connection, String.format(create, name, "bigint", ", region varchar(16) DEFAULT 'eu' NOT NULL"));
    }

    /** All that {@link #create} and {@link #createChanged} left out, one after the other. */
    public void addIndexes(Connection connection, String name) throws SQLException {
        for (String statement : indexes) {
            ConnectionPool.execute(connection, String.format(statement, name));
        }
    }

    /** The usable indexes of a table: their columns, behind "unique" where they are. Empty: no index, or no table. */
    public Set<String> indexes(Connection connection, String table) throws SQLException {
        Set<String> found = new TreeSet<>();
        try (PreparedStatement statement = connection.prepareStatement(findIndexes)) {
            statement.setString(1, table);
            try (ResultSet rows = statement.executeQuery()) {
                while (rows.next()) {
                    found.add(rows.getString(1));
                }
            }
        }
        return found;
    }

    /** What the table holds, read by the server; the column that the migration adds does not count. */
    public Contents contents(Connection connection, String table) throws SQLException {
        String sql = "SELECT count(*), coalesce(sum(" + String.format(rowHash, COLUMNS) + "), 0) FROM " + table;
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(sql)) {
            row.next();
            return new Contents(row.getLong(1), row.getBigDecimal(2));
        }
    }

    /** Rows whose new column does not have its default. */
    public long wrongRegions(Connection connection, String table) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery("SELECT count(*) FROM " + table + " WHERE region <> 'eu'")) {
            row.next();
            return row.getLong(1);
        }
    }
}
