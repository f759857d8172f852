package dev.shoofly.coordinator;

import java.util.List;

/** The same table and the same change in both servers' words. */
enum OrdersTable {
    MYSQL {
        @Override
        List<String> create(long rows) {
            return List.of(
                    "CREATE TABLE orders (id bigint PRIMARY KEY AUTO_INCREMENT, note varchar(100) NOT NULL,"
                            + " amount decimal(10,2), legacy int DEFAULT 0, KEY notes (note))",
                    "INSERT INTO orders (id, note, amount) WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n"
                            + " WHERE i < 1000) SELECT a.i + 1000 * (b.i - 1), concat('seed ', a.i + 1000 * (b.i - 1)), 1.25"
                            + " FROM n a, n b WHERE b.i <= " + rows / 1000);
        }

        @Override
        List<String> alters() {
            return List.of("MODIFY amount decimal(14,4), ADD COLUMN status varchar(10) NOT NULL DEFAULT 'new',"
                    + " DROP COLUMN legacy, ADD INDEX by_status (status)");
        }

        @Override
        List<String> shorten() {
            return List.of("MODIFY note varchar(20) NOT NULL");
        }

        @Override
        List<String> round() {
            return List.of("MODIFY amount decimal(14,1)");
        }
    },
    POSTGRES {
        @Override
        List<String> create(long rows) {
            return List.of(
                    "CREATE TABLE orders (id bigserial PRIMARY KEY, note varchar(100) NOT NULL, amount numeric(10,2),"
                            + " legacy int DEFAULT 0)",
                    "CREATE INDEX notes ON orders (note)",
                    "INSERT INTO orders (id, note, amount) SELECT i, 'seed ' || i, 1.25 FROM generate_series(1, " + rows
                            + ") i");
        }

        @Override
        List<String> alters() {
            return List.of(
                    "ALTER COLUMN amount TYPE numeric(14,4), ADD COLUMN status varchar(10) NOT NULL DEFAULT 'new',"
                            + " DROP COLUMN legacy",
                    "CREATE INDEX by_status ON orders (status)");
        }

        @Override
        List<String> shorten() {
            return List.of("ALTER COLUMN note TYPE varchar(20)");
        }

        @Override
        List<String> round() {
            return List.of("ALTER COLUMN amount TYPE numeric(14,1)");
        }
    };

    abstract List<String> create(long rows);

    abstract List<String> alters();

    /** A change that a long note does not fit. */
    abstract List<String> shorten();

    /** A change that leaves digits out. */
    abstract List<String> round();
}
