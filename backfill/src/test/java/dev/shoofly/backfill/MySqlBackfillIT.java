package dev.shoofly.backfill;

import dev.shoofly.servers.DatabaseServer;
import dev.shoofly.servers.fixture.TestServers;
import java.util.List;
import java.util.Map;

class MySqlBackfillIT extends BackfillContract {
    @Override
    DatabaseServer start() {
        return TestServers.dedicatedMySql(Map.of());
    }

    @Override
    String analyze(String table) {
        return "ANALYZE TABLE " + table;
    }

    @Override
    List<String> alters() {
        return List.of("MODIFY total bigint, ADD COLUMN region varchar(10) NOT NULL DEFAULT 'eu', DROP COLUMN obsolete,"
                + " ADD INDEX by_customer (customer)");
    }

    @Override
    List<KeyShape> shapes() {
        return List.of(
                new KeyShape("dense", "id int", "id", "i"),
                new KeyShape(
                        "sparse and negative", "id bigint", "id", "(i - 1500) * (i - 1500) * (i - 1500) * 1000003"),
                new KeyShape("unsigned to the end", "id bigint unsigned", "id", "18446744073709551615 - (i - 1) * i"),
                new KeyShape("all but one far away", "id bigint", "id", "IF(i = 1, 1, 4611686018427387904 + i)"),
                new KeyShape("decimal", "id decimal(20,4)", "id", "i * 1.0001 - 1500"),
                new KeyShape("binary uuid", "id binary(16)", "id", "UNHEX(MD5(i))"),
                new KeyShape(
                        "uuid text",
                        "id char(36) CHARACTER SET ascii COLLATE ascii_bin",
                        "id",
                        "INSERT(INSERT(INSERT(INSERT(MD5(i), 9, 0, '-'), 14, 0, '-'), 19, 0, '-'), 24, 0, '-')"),
                new KeyShape(
                        "collated text",
                        "id varchar(40) COLLATE utf8mb4_0900_ai_ci",
                        "id",
                        "CONCAT(ELT(i % 7 + 1, 'é', 'ZZ', 'a', 'Ä', 'ß', '', '😀'), MD5(i))"),
                new KeyShape(
                        "latin text",
                        "id varchar(40) CHARACTER SET latin1 COLLATE latin1_german1_ci",
                        "id",
                        "CONCAT(ELT(i % 3 + 1, 'ö', 'x', 'Z'), i)"),
                new KeyShape(
                        "one tenant has almost all", "tenant int, id int", "tenant, id", "IF(i % 50 = 0, i, 7), i"),
                new KeyShape(
                        "text and number",
                        "region varchar(10), id int",
                        "region, id",
                        "ELT(i % 3 + 1, 'eu', 'us', 'ap'), i"),
                new KeyShape(
                        "timestamp",
                        "at timestamp(6)",
                        "at",
                        "TIMESTAMPADD(MICROSECOND, i * i, '2024-03-31 00:59:59')"),
                new KeyShape(
                        "datetime and label",
                        "at datetime, kind enum('b','a','c')",
                        "kind, at",
                        "TIMESTAMPADD(SECOND, i, '1999-12-31 23:00:00'), ELT(i % 3 + 1, 'a', 'b', 'c')"),
                new KeyShape(
                        "date and time",
                        "d date, t time(3)",
                        "d, t",
                        "DATE_ADD('2024-02-27', INTERVAL i % 5 DAY), SEC_TO_TIME(i - 1500)"));
    }

    @Override
    String numbers(String values, int n) {
        return "WITH RECURSIVE numbers (i) AS (SELECT CAST(1 AS SIGNED) UNION ALL SELECT i + 1 FROM numbers WHERE i < "
                + n + ") SELECT /*+ SET_VAR(cte_max_recursion_depth = 100000) */ " + values + " FROM numbers";
    }
}
