package dev.shoofly.capture;

import dev.shoofly.model.KeyType;
import dev.shoofly.servers.DatabaseServer;
import dev.shoofly.servers.fixture.TestServers;
import java.util.List;

final class MySqlKeyTypesIT extends KeyTypesContract {
    private static final String TEXT = "CAST(%s AS CHAR CHARACTER SET utf8mb4)";

    @Override
    protected DatabaseServer server() {
        return TestServers.mysql();
    }

    @Override
    protected List<String> sessionSettings() {
        return List.of("SET SESSION time_zone = '+00:00', sql_mode = 'STRICT_ALL_TABLES'");
    }

    @Override
    protected List<Case> cases() {
        return List.of(
                Case.of("tinyint", KeyType.INTEGER, TEXT, "-128", "-1", "0", "127"),
                Case.of("tinyint unsigned", KeyType.INTEGER, TEXT, "0", "128", "255"),
                Case.of("bool", KeyType.INTEGER, TEXT, "0", "1"),
                Case.of("smallint unsigned", KeyType.INTEGER, TEXT, "0", "32768", "65535"),
                Case.of("mediumint", KeyType.INTEGER, TEXT, "-8388608", "-1", "8388607"),
                Case.of("mediumint unsigned", KeyType.INTEGER, TEXT, "0", "8388608", "16777215"),
                Case.of("int", KeyType.INTEGER, TEXT, "-2147483648", "-1", "2147483647"),
                Case.of("int unsigned", KeyType.INTEGER, TEXT, "0", "2147483648", "4294967295"),
                Case.of("int(8) unsigned zerofill", KeyType.INTEGER, TEXT, "0", "7", "4294967295"),
                Case.of("bigint", KeyType.INTEGER, TEXT, "-9223372036854775808", "-1", "9223372036854775807"),
                Case.of(
                        "bigint unsigned",
                        KeyType.INTEGER,
                        TEXT,
                        "0",
                        "9223372036854775807",
                        "9223372036854775808",
                        "18446744073709551615"),
                // Unique by itself: as many values as the longest list here.
                Case.of("serial", KeyType.INTEGER, TEXT, "1", "2", "3", "4", "5", "6", "18446744073709551614"),
                Case.of("year", KeyType.INTEGER, TEXT, "'0000'", "1901", "2026", "2155"),
                Case.of("decimal(20,4)", KeyType.DECIMAL, TEXT, "0", "-0.0001", "1234567890123456.7800", "100"),
                Case.of(
                        "decimal(65,30) unsigned",
                        KeyType.DECIMAL,
                        TEXT,
                        "99999999999999999999999999999999999.999999999999999999999999999999",
                        "0.000000000000000000000000000001"),
                Case.of("decimal(10,0) zerofill", KeyType.DECIMAL, TEXT, "0", "42"),
                Case.of("char(8)", KeyType.TEXT, TEXT, "''", "'a'", "' b'", "'Käse🧀'"),
                Case.of("char(8) character set latin1", KeyType.TEXT, TEXT, "'ä€'", "x'8190'", "'z'"),
                Case.of("varchar(8)", KeyType.TEXT, TEXT, "''", "'a'", "'b '", "'Käse🧀'", "'\\\\x''\"`'"),
                Case.of(
                        "varchar(300) character set utf16 collate utf16_bin",
                        KeyType.TEXT,
                        TEXT,
                        "'a'",
                        "'🧀'",
                        "repeat('ß', 300)"),
                Case.of("varchar(8) character set ascii", KeyType.TEXT, TEXT, "'a'", "''"),
                Case.of("varchar(8) character set gbk", KeyType.TEXT, TEXT, "'汉字'", "'a'"),
                Case.of("nvarchar(8)", KeyType.TEXT, TEXT, "'ö'", "'a'"),
                Case.of(
                        "binary(16)",
                        KeyType.BINARY,
                        "HEX(%s)",
                        "x'00'",
                        "x'01ab00'",
                        "x'ff000000000000000000000000000000'"),
                Case.of("binary(2)", KeyType.BINARY, "HEX(%s)", "x'0000'", "x'2020'", "x'0100'"),
                Case.of("varbinary(16)", KeyType.BINARY, "HEX(%s)", "''", "x'00'", "x'0000'", "x'ff20'"),
                Case.of(
                        "enum('a','B c','d,e','f''g','Käse','','h\\\\i')",
                        KeyType.ENUM,
                        TEXT,
                        "'a'",
                        "'B c'",
                        "'d,e'",
                        "'f''g'",
                        "'Käse'",
                        "''",
                        "'h\\\\i'"),
                Case.of("date", KeyType.DATE, TEXT, "'0001-01-01'", "'1000-01-01'", "'1969-12-31'", "'9999-12-31'"),
                Case.of(
                        "datetime",
                        KeyType.DATETIME,
                        TEXT,
                        "'0001-01-01 00:00:00'",
                        "'1582-10-10 00:00:00'",
                        "'9999-12-31 23:59:59'"),
                Case.of("datetime(3)", KeyType.DATETIME, TEXT, "'2026-11-21 00:00:00.120'", "'2026-11-21 00:00:00'"),
                Case.of(
                        "datetime(6)",
                        KeyType.DATETIME,
                        TEXT,
                        "'2026-11-21 23:59:59.999999'",
                        "'1000-01-01 00:00:00.000001'"),
                Case.of("timestamp", KeyType.TIMESTAMP_UTC, TEXT, "'1970-01-01 00:00:01'", "'2038-01-19 03:14:07'"),
                Case.of(
                        "timestamp(6)",
                        KeyType.TIMESTAMP_UTC,
                        TEXT,
                        "'2026-03-29 01:30:00.000001'",
                        "'2026-10-25 01:30:00.1'"),
                Case.of(
                        "time",
                        KeyType.TIME,
                        TEXT,
                        "'-838:59:59'",
                        "'-00:00:01'",
                        "'00:00:00'",
                        "'25:01:02'",
                        "'838:59:59'"),
                Case.of("time(6)", KeyType.TIME, TEXT, "'-00:00:00.000001'", "'-01:00:00.5'", "'23:59:59.999999'"),
                Case.of("time(1)", KeyType.TIME, TEXT, "'-00:00:00.1'", "'10:00:00.9'"));
    }
}
