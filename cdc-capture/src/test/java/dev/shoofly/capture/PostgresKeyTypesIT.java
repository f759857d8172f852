package dev.shoofly.capture;

import dev.shoofly.model.KeyType;
import dev.shoofly.servers.DatabaseServer;
import dev.shoofly.servers.PostgresVersion;
import dev.shoofly.servers.fixture.TestServers;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;

final class PostgresKeyTypesIT extends KeyTypesContract {
    private static final String TEXT = "%s::text";

    @BeforeAll
    static void createTypes() throws SQLException {
        DatabaseServer server = TestServers.postgres(PostgresVersion.V15);
        try (Connection connection = DriverManager.getConnection(server.jdbcUrl(), server.user(), server.password());
                Statement statement = connection.createStatement()) {
            statement.execute("CREATE TYPE mood AS ENUM ('sad', 'so, so', 'ha\"ppy''')");
            statement.execute("CREATE DOMAIN code AS char(6)");
            statement.execute("CREATE EXTENSION IF NOT EXISTS citext");
            // Settings of a database reach Debezium's sessions too.
            statement.execute("ALTER DATABASE shop SET bytea_output = 'escape'");
            statement.execute("ALTER DATABASE shop SET DateStyle = 'German'");
            statement.execute("ALTER DATABASE shop SET TimeZone = 'Asia/Kolkata'");
            statement.execute("ALTER DATABASE shop SET IntervalStyle = 'sql_standard'");
        }
    }

    @Override
    protected DatabaseServer server() {
        return TestServers.postgres(PostgresVersion.V15);
    }

    @AfterAll
    static void resetSettings() throws SQLException {
        DatabaseServer server = TestServers.postgres(PostgresVersion.V15);
        try (Connection connection = DriverManager.getConnection(server.jdbcUrl(), server.user(), server.password());
                Statement statement = connection.createStatement()) {
            statement.execute("ALTER DATABASE shop RESET ALL");
        }
    }

    @Override
    protected List<Case> cases() {
        return List.of(
                Case.of("smallint", KeyType.INTEGER, TEXT, "-32768", "0", "32767"),
                Case.of("integer", KeyType.INTEGER, TEXT, "-2147483648", "2147483647"),
                Case.of("bigint", KeyType.INTEGER, TEXT, "-9223372036854775808", "9223372036854775807"),
                Case.of("numeric", KeyType.DECIMAL, TEXT, "0", "-0.0001", "1e20", "1.50", "1e-30"),
                Case.of("numeric(12,4)", KeyType.DECIMAL, TEXT, "0", "12345678.9", "-1"),
                Case.of("text", KeyType.TEXT, TEXT, "''", "' a '", "'Käse🧀'", "E'\\t\\\\\"'''"),
                Case.of("varchar(8)", KeyType.TEXT, TEXT, "'a'", "'a '"),
                Case.of("char(8)", KeyType.TEXT, TEXT, "'a'", "'b  '", "''", "' ä'"),
                Case.of("code", KeyType.TEXT, TEXT, "'a'", "'b '"),
                Case.of("citext", KeyType.TEXT, TEXT, "'Ab'", "'c'"),
                Case.of("mood", KeyType.ENUM, TEXT, "'sad'", "'so, so'", "'ha\"ppy'''"),
                Case.of("boolean", KeyType.BOOLEAN, TEXT, "true", "false"),
                Case.of("bytea", KeyType.BINARY, "encode(%s, 'hex')", "''", "'\\x00ff'", "'\\x5c78'"),
                Case.of(
                        "uuid",
                        KeyType.UUID,
                        TEXT,
                        "'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11'",
                        "'00000000-0000-0000-0000-000000000000'"),
                Case.of(
                        "date",
                        KeyType.DATE,
                        TEXT,
                        "'4713-01-01 BC'",
                        "'0001-12-31 BC'",
                        "'0001-01-01'",
                        "'1582-10-10'",
                        "'5874897-12-31'",
                        "'infinity'",
                        "'-infinity'"),
                Case.of("time", KeyType.TIME, TEXT, "'00:00'", "'23:59:59.999999'", "'24:00:00'", "'12:30:00.5'"),
                Case.of(
                        "timestamp",
                        KeyType.DATETIME,
                        TEXT,
                        "'4713-01-02 00:00:00 BC'",
                        "'0044-03-15 12:00:00.25 BC'",
                        "'2026-11-21 13:05:09.25'",
                        "'294276-12-31 23:59:59.999999'",
                        "'infinity'",
                        "'-infinity'"),
                Case.of("timestamp(0)", KeyType.DATETIME, TEXT, "'2026-11-21 13:05:09'", "'1969-12-31 23:59:59'"),
                Case.of(
                        "timestamptz",
                        KeyType.TIMESTAMP_UTC,
                        "(%s AT TIME ZONE 'UTC')::text",
                        "'4713-01-03 00:00:00+00 BC'",
                        "'0001-01-01 00:00:00+00'",
                        "'1800-01-01 00:00:00+01:02:03'",
                        "'2026-10-25 02:30:00.000001+02'",
                        "'2026-10-25 02:30:00.000001+01'",
                        "'294276-12-31 12:00:00+00'",
                        "'infinity'",
                        "'-infinity'"));
    }
}
