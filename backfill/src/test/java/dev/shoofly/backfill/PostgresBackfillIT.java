package dev.shoofly.backfill;

import dev.shoofly.servers.DatabaseServer;
import dev.shoofly.servers.PostgresVersion;
import dev.shoofly.servers.fixture.TestServers;
import java.util.List;
import java.util.Map;

class PostgresBackfillIT extends BackfillContract {
    @Override
    DatabaseServer start() {
        return TestServers.dedicatedPostgres(PostgresVersion.V15, Map.of());
    }

    @Override
    List<KeyShape> shapes() {
        return List.of(
                new KeyShape("dense", "id int", "id", "i"),
                new KeyShape("sparse and negative", "id bigint", "id", "(i - 1500)::bigint ^ 3 * 1000003"),
                new KeyShape(
                        "all but one far away",
                        "id bigint",
                        "id",
                        "CASE i WHEN 1 THEN 1 ELSE 4611686018427387904 + i END"),
                new KeyShape("numeric", "id numeric", "id", "i * 1.00010 - 1500"),
                new KeyShape("uuid", "id uuid", "id", "md5(i::text)::uuid"),
                new KeyShape("bytes", "id bytea", "id", "decode(md5(i::text), 'hex')"),
                new KeyShape(
                        "text of the database's collation",
                        "id text",
                        "id",
                        "(ARRAY['é', 'ZZ', 'a', 'Ä', 'ß', '', '😀'])[i % 7 + 1] || md5(i::text)"),
                new KeyShape(
                        "text by bytes",
                        "id text COLLATE \"C\"",
                        "id",
                        "(ARRAY['é', 'ZZ', 'a', 'Ä', 'ß', '', '😀'])[i % 7 + 1] || i"),
                new KeyShape("padded", "id char(40)", "id", "md5(i::text)"),
                new KeyShape(
                        "one tenant has almost all",
                        "tenant int, id int",
                        "tenant, id",
                        "CASE i % 50 WHEN 0 THEN i ELSE 7 END, i"),
                new KeyShape(
                        "text and number",
                        "region varchar(10), id smallint",
                        "region, id",
                        "(ARRAY['eu', 'us', 'ap'])[i % 3 + 1], i"),
                new KeyShape(
                        "timestamptz",
                        "at timestamptz",
                        "at",
                        "'2024-03-31 00:59:59Z'::timestamptz + i * i * interval '1 microsecond'"),
                new KeyShape(
                        "date and time",
                        "d date, t time",
                        "d, t",
                        "'2024-02-27'::date + i % 5, '00:00'::time + i * interval '1 second'"),
                new KeyShape("boolean and number", "b boolean, id int", "b, id", "i % 9 = 0, i"));
    }

    @Override
    String numbers(String values, int n) {
        return "SELECT " + values + " FROM generate_series(1, " + n + ") AS numbers (i)";
    }

    @Override
    String analyze(String table) {
        return "ANALYZE " + table;
    }

    @Override
    List<String> alters() {
        return List.of("ALTER COLUMN total TYPE bigint, ADD COLUMN region text NOT NULL DEFAULT 'eu',"
                + " DROP COLUMN obsolete");
    }
}
