package dev.shoofly.benchmarks;

import dev.shoofly.database.DatabaseKind;
import dev.shoofly.database.connection.ConnectionPool;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.List;

/** An ordinary table: ten columns, a primary key and three secondary indexes, one of them over two columns. */
@SuppressWarnings("ImmutableEnumChecker") // the lists are immutable, which their type cannot say
enum OrdersTable {
    MYSQL("""
            CREATE TABLE %s (
              id BIGINT NOT NULL PRIMARY KEY,
              customer_id INT NOT NULL,
              status VARCHAR(16) NOT NULL,
              amount_cents INT NOT NULL,
              currency CHAR(3) NOT NULL,
              email VARCHAR(100) NOT NULL,
              note VARCHAR(200) NOT NULL,
              version INT NOT NULL,
              placed_at DATETIME(3) NOT NULL,
              changed_at DATETIME(3) NOT NULL,
              KEY (customer_id), KEY (status, placed_at), KEY (email))""", """
            INSERT INTO %s
            WITH RECURSIVE numbers (n) AS (SELECT ? UNION ALL SELECT n + 1 FROM numbers WHERE n < ?)
            SELECT n, n * 7919 %% 50000, ELT(n %% 5 + 1, 'new', 'paid', 'packed', 'shipped', 'returned'),
                   n * 31 %% 1000000, 'EUR', CONCAT('customer', n * 7919 %% 50000, '@example.com'),
                   CONCAT('Note on order number ', n), 0, '2024-01-01' + INTERVAL n %% 31536000 SECOND,
                   '2024-01-01' + INTERVAL n %% 31536000 SECOND
            FROM numbers""", List.of("SET SESSION cte_max_recursion_depth = 10000000"), List.of("""
            MODIFY amount_cents BIGINT NOT NULL, ADD COLUMN region VARCHAR(8) NOT NULL DEFAULT 'eu'""")),

    POSTGRES(
            """
            CREATE TABLE %1$s (
              id bigint PRIMARY KEY,
              customer_id integer NOT NULL,
              status varchar(16) NOT NULL,
              amount_cents integer NOT NULL,
              currency char(3) NOT NULL,
              email varchar(100) NOT NULL,
              note varchar(200) NOT NULL,
              version integer NOT NULL,
              placed_at timestamp(3) NOT NULL,
              changed_at timestamp(3) NOT NULL);
            CREATE INDEX ON %1$s (customer_id);
            CREATE INDEX ON %1$s (status, placed_at);
            CREATE INDEX ON %1$s (email)""",
            """
            INSERT INTO %s
            SELECT n, n * 7919 %% 50000, (ARRAY['new', 'paid', 'packed', 'shipped', 'returned'])[n %% 5 + 1],
                   n * 31 %% 1000000, 'EUR', 'customer' || n * 7919 %% 50000 || '@example.com',
                   'Note on order number ' || n, 0, timestamp '2024-01-01' + n %% 31536000 * interval '1 second',
                   timestamp '2024-01-01' + n %% 31536000 * interval '1 second'
            FROM generate_series(?::bigint, ?::bigint) AS numbers (n)""",
            List.of(),
            List.of("ALTER COLUMN amount_cents TYPE bigint", "ADD COLUMN region varchar(8) NOT NULL DEFAULT 'eu'"));

    /** The table that is migrated. */
    static final String NAME = "orders";

    static final List<String> COLUMNS = List.of(
            "id",
            "customer_id",
            "status",
            "amount_cents",
            "currency",
            "email",
            "note",
            "version",
            "placed_at",
            "changed_at");

    private static final long FILL_ROWS = 50_000;

    private final String create;
    private final String fill;
    private final List<String> session;
    private final List<String> alters;

    OrdersTable(String create, String fill, List<String> session, List<String> alters) {
        this.create = create;
        this.fill = fill;
        this.session = session;
        this.alters = alters;
    }

    static OrdersTable of(DatabaseKind kind) {
        return switch (kind) {
            case MYSQL -> MYSQL;
            case POSTGRES -> POSTGRES;
        };
    }

    /** Creates a table of this shape with rows 1 to {@code rows}, made inside the server. */
    void create(Connection connection, String name, long rows) throws SQLException {
        ConnectionPool.execute(connection, String.format(create, name));
        for (String setting : session) {
            ConnectionPool.execute(connection, setting);
        }
        fill(connection, name, 1, rows);
        ConnectionPool.execute(connection, this == MYSQL ? "ANALYZE TABLE " + name : "ANALYZE " + name);
    }

    /** Adds rows {@code first} to {@code last}, some ten thousand per transaction. */
    void fill(Connection connection, String name, long first, long last) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(String.format(fill, name))) {
            for (long at = first; at <= last; at += FILL_ROWS) {
                statement.setLong(1, at);
                statement.setLong(2, Math.min(last, at + FILL_ROWS - 1));
                statement.executeUpdate();
            }
        }
    }

    /** What the migration does to the table. */
    List<String> alters() {
        return alters;
    }
}
