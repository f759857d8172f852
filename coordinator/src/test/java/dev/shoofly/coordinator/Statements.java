package dev.shoofly.coordinator;

import java.util.List;

/**
 * Every kind of statement that changes rows, in both servers' words. {@code {t}} is the table and {@code {d}} another beside
 * it; {@code {n}} is the number of the round and {@code {0}} to {@code {19}} are keys of rows that no other round uses.
 */
enum Statements {
    MYSQL {
        @Override
        List<String> create(long rows) {
            String columns =
                    " (id bigint PRIMARY KEY AUTO_INCREMENT, code varchar(40) UNIQUE, note varchar(60) NOT NULL,"
                            + " amount decimal(10,2) DEFAULT 0)";
            return List.of(
                    "CREATE TABLE {t}" + columns,
                    "CREATE TABLE {d}" + columns,
                    "INSERT INTO {t} (id, code, note) WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n"
                            + " WHERE i < 1000) SELECT i, concat('c', i), 'seed' FROM (SELECT a.i + 1000 * (b.i - 1) AS i"
                            + " FROM n a, n b WHERE b.i <= " + rows / 1000 + ") numbers",
                    "INSERT INTO {d} SELECT * FROM {t} WHERE id <= 1000");
        }

        @Override
        List<List<String>> round() {
            return List.of(
                    List.of("UPDATE {t} SET id = id + 1000000 WHERE id = {0}"),
                    List.of("UPDATE {t} SET id = -id WHERE id IN ({1}, {2})"),
                    List.of("UPDATE {t} SET id = id - 10000 WHERE id < 0 ORDER BY id LIMIT 3"),
                    List.of(
                            "UPDATE {t} SET id = -999999 WHERE id = {3}",
                            "UPDATE {t} SET id = {3} WHERE id = {4}", "UPDATE {t} SET id = {4} WHERE id = -999999"),
                    List.of("INSERT INTO {t} (id, note) VALUES (0, 'a number from the server')"),
                    List.of(
                            "SET SESSION sql_mode = CONCAT(@@sql_mode, ',NO_AUTO_VALUE_ON_ZERO')",
                            "REPLACE INTO {t} (id, note) VALUES (0, 'zero itself {n}')",
                            "SET SESSION sql_mode = REPLACE(@@sql_mode, 'NO_AUTO_VALUE_ON_ZERO', '')"),
                    List.of("UPDATE {t} SET id = 5000000 + {n} WHERE id = 0 AND {n} % 2 = 0"),
                    List.of("REPLACE INTO {t} (id, code, note) VALUES ({5}, 'c{6}', 'took two rows')"),
                    List.of("INSERT INTO {t} (id, note) VALUES ({7}, 'x'), (6000000 + {n}, 'new')"
                            + " ON DUPLICATE KEY UPDATE note = concat(note, ' and again')"),
                    List.of("INSERT INTO {t} (id, note) VALUES ({8}, 'x') ON DUPLICATE KEY UPDATE id = id + 2000000"),
                    List.of(
                            "INSERT INTO {t} (code, note) VALUES ('c{9}', 'x') ON DUPLICATE KEY UPDATE id = id + 3000000,"
                                    + " code = NULL"),
                    List.of("INSERT IGNORE INTO {t} (id, note) VALUES ({10}, 'ignored')"),
                    List.of(
                            "UPDATE {t} JOIN {d} USING (code) SET {t}.note = 'both', {d}.note = 'both'"
                                    + " WHERE {t}.id IN ({10}, {11})",
                            "DELETE {t}, {d} FROM {t} JOIN {d} USING (code) WHERE {t}.id = {12}"),
                    List.of(
                            "DELETE FROM {t} WHERE id = {13}",
                            "INSERT INTO {t} (id, code, note) VALUES ({13}, 'c{13}', 'deleted and back')",
                            "INSERT INTO {d} (note) VALUES ('another table')"),
                    List.of(
                            "UPDATE {t} SET note = 'kept' WHERE id = {14}",
                            "SAVEPOINT here",
                            "UPDATE {t} SET id = id + 7000000 WHERE id IN ({14}, {15})",
                            "DELETE FROM {t} WHERE id = {16}",
                            "ROLLBACK TO SAVEPOINT here",
                            "UPDATE {t} SET note = 'after the rollback' WHERE id = {16}"),
                    List.of(
                            "UPDATE {t} SET code = CASE id WHEN {17} THEN 'a{n}' ELSE 'b{n}' END WHERE id IN ({17}, {18})"),
                    List.of("DELETE FROM {t} WHERE id = {19}", "ROLLBACK"));
        }

        @Override
        List<String> alters() {
            return List.of(
                    "MODIFY amount decimal(14,4) DEFAULT 0, ADD COLUMN status varchar(10) NOT NULL DEFAULT 'new'");
        }

        @Override
        String insertMany(long first, long rows) {
            return "INSERT INTO {t} (id, note) WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n"
                    + " WHERE i < 999) SELECT " + first + " + a.i + 1000 * b.i, 'many' FROM n a, n b WHERE b.i < "
                    + rows / 1000;
        }
    },
    POSTGRES {
        @Override
        List<String> create(long rows) {
            String columns = " (id bigint PRIMARY KEY, code varchar(40) UNIQUE, note varchar(60) NOT NULL,"
                    + " amount numeric(10,2) DEFAULT 0)";
            return List.of(
                    "CREATE TABLE {t}" + columns,
                    "CREATE TABLE {d}" + columns,
                    "INSERT INTO {t} (id, code, note) SELECT i, 'c' || i, 'seed' FROM generate_series(1, " + rows
                            + ") i",
                    "INSERT INTO {d} SELECT * FROM {t} WHERE id <= 1000");
        }

        @Override
        List<List<String>> round() {
            return List.of(
                    List.of("UPDATE {t} SET id = id + 1000000 WHERE id = {0}"),
                    List.of("UPDATE {t} SET id = -id WHERE id IN ({1}, {2}, 0)"),
                    List.of(
                            "UPDATE {t} SET id = -999999 WHERE id = {3}",
                            "UPDATE {t} SET id = {3} WHERE id = {4}", "UPDATE {t} SET id = {4} WHERE id = -999999"),
                    List.of("INSERT INTO {t} (id, note) VALUES (0, 'zero {n}')"
                            + " ON CONFLICT (id) DO UPDATE SET note = excluded.note"),
                    List.of("UPDATE {t} SET id = 5000000 + {n} WHERE id = 0 AND {n} % 2 = 0"),
                    List.of("INSERT INTO {t} (id, note) VALUES ({7}, 'x'), (6000000 + {n}, 'new')"
                            + " ON CONFLICT (id) DO UPDATE SET note = {t}.note || ' and again'"),
                    List.of("INSERT INTO {t} (id, note) VALUES ({8}, 'x')"
                            + " ON CONFLICT (id) DO UPDATE SET id = {t}.id + 2000000"),
                    List.of("INSERT INTO {t} (id, code, note) VALUES (-1, 'c{9}', 'x')"
                            + " ON CONFLICT (code) DO UPDATE SET id = {t}.id + 3000000, code = NULL"),
                    List.of("INSERT INTO {t} (id, note) VALUES ({10}, 'ignored') ON CONFLICT DO NOTHING"),
                    List.of("MERGE INTO {t} USING (VALUES ({5}, 'm'), ({6}, 'd'), (8000000 + {n}, 'i')) AS m (id, what)"
                            + " ON {t}.id = m.id WHEN MATCHED AND what = 'd' THEN DELETE"
                            + " WHEN MATCHED THEN UPDATE SET id = {t}.id + 9000000, note = 'merged'"
                            + " WHEN NOT MATCHED THEN INSERT (id, note) VALUES (m.id, 'merged')"),
                    List.of(
                            "UPDATE {t} SET note = 'both' FROM {d} WHERE {t}.code = {d}.code AND {t}.id IN ({10}, {11})",
                            "DELETE FROM {t} USING {d} WHERE {t}.code = {d}.code AND {t}.id = {12}",
                            "INSERT INTO {d} (id, note) VALUES (10000000 + {n}, 'another table')"),
                    List.of("WITH gone AS (DELETE FROM {t} WHERE id = {13} RETURNING *)"
                            + " INSERT INTO {t} (id, note) SELECT id + 4000000, 'moved by a delete' FROM gone"),
                    List.of(
                            "DELETE FROM {t} WHERE id = {19}",
                            "INSERT INTO {t} (id, code, note) VALUES ({19}, 'c{19}', 'deleted and back')"),
                    List.of(
                            "UPDATE {t} SET note = 'kept' WHERE id = {14}",
                            "SAVEPOINT here",
                            "UPDATE {t} SET id = id + 7000000 WHERE id IN ({14}, {15})",
                            "DELETE FROM {t} WHERE id = {16}",
                            "ROLLBACK TO SAVEPOINT here",
                            "UPDATE {t} SET note = 'after the rollback' WHERE id = {16}"),
                    // As a subscriber's own writers do: triggers and rules would not fire, the log has it all the same.
                    List.of(
                            "SET LOCAL session_replication_role = replica",
                            "UPDATE {t} SET code = CASE id WHEN {17} THEN 'a{n}' ELSE 'b{n}' END WHERE id IN ({17}, {18})",
                            "UPDATE {t} SET id = id + 11000000 WHERE id = {18}"),
                    List.of("DELETE FROM {t} WHERE id = {14}", "ROLLBACK"));
        }

        @Override
        List<String> alters() {
            return List.of(
                    "ALTER COLUMN amount TYPE numeric(14,4), ADD COLUMN status varchar(10) NOT NULL DEFAULT 'new'");
        }

        @Override
        String insertMany(long first, long rows) {
            return "INSERT INTO {t} (id, note) SELECT " + first + " + i, 'many' FROM generate_series(0, " + (rows - 1)
                    + ") i";
        }
    };

    static final int KEYS_PER_ROUND = 20;

    /** {@code rows} thousand-fold rows with ids from 1. */
    abstract List<String> create(long rows);

    /** Transactions. */
    abstract List<List<String>> round();

    abstract List<String> alters();

    /** One statement that adds so many rows. */
    abstract String insertMany(long first, long rows);
}
