package dev.shoofly.database.postgres;

import static dev.shoofly.database.postgres.PostgresNames.quote;

import dev.shoofly.model.TableName;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.stream.Collectors;

/** Looks for everything that would stop a migration of one table later on. Reads only. */
final class PostgresPreflight {
    private final Connection connection;
    private final TableName source;
    private final List<String> findings = new ArrayList<>();

    PostgresPreflight(Connection connection, TableName source) {
        this.connection = connection;
        this.source = source;
    }

    List<String> findings() throws SQLException {
        serverFindings();
        TableFacts table = PostgresCatalog.read(connection, source);
        tablePrivileges(table);
        for (String attached : SourceShape.attached(connection, table.oid())) {
            findings.add("table " + source + ": " + attached);
        }
        for (String missing : SourceShape.rightsMissing(connection, table.oid())) {
            findings.add("table " + source + ": " + missing);
        }
        findings.addAll(SourceShape.subscribersOfAll(connection, table.oid()));
        key(table);
        return findings;
    }

    /** Whatever the table. */
    List<String> serverFindings() throws SQLException {
        PostgresCatalog.qualifyEverything(connection);
        version();
        settings();
        databasePrivileges();
        return findings;
    }

    /** What an alteration by the server itself needs. */
    List<String> nativeFindings() throws SQLException {
        PostgresCatalog.qualifyEverything(connection);
        primary();
        schemaPrivileges();
        tablePrivileges(PostgresCatalog.read(connection, source));
        return findings;
    }

    private void version() throws SQLException {
        int version = Integer.parseInt(setting("server_version_num"));
        int major = version / 10_000;
        int minor = version % 10_000;
        if (major < 13) {
            findings.add("PostgreSQL " + setting("server_version") + " is too old: 13 or later is needed");
            return;
        }
        // Earlier ones drop changes of transactions that run while a publication changes.
        int firstGood = switch (major) {
            case 13 -> 21;
            case 14 -> 18;
            case 15 -> 13;
            case 16 -> 9;
            case 17 -> 5;
            default -> 0;
        };
        if (minor < firstGood) {
            findings.add(
                    "PostgreSQL " + setting("server_version") + " can lose changes of transactions that run while a"
                            + " publication is altered: update to " + major + "." + firstGood + " or later");
        }
    }

    private void primary() throws SQLException {
        if (PostgresCatalog.test(connection, "SELECT pg_is_in_recovery()")) {
            findings.add("the server is a standby; connect to the primary");
        }
    }

    private void settings() throws SQLException {
        primary();
        if (!setting("wal_level").equals("logical")) {
            findings.add("wal_level is '" + setting("wal_level")
                    + "', so the log does not carry row changes: ALTER SYSTEM SET wal_level = 'logical', then restart the"
                    + " server");
        }
        room(
                "max_replication_slots",
                "SELECT count(*) < current_setting('max_replication_slots')::int FROM pg_replication_slots",
                "replication slots are in use");
        room(
                "max_wal_senders",
                "SELECT count(*) < current_setting('max_wal_senders')::int FROM pg_stat_activity"
                        + " WHERE backend_type = 'walsender'",
                "WAL senders are in use");
    }

    private void room(String setting, String hasRoom, String what) throws SQLException {
        if (!PostgresCatalog.test(connection, hasRoom)) {
            findings.add("all " + setting(setting) + " " + what + ", and the capture needs one: raise " + setting
                    + " and restart the server, or free one");
        }
    }

    private void databasePrivileges() throws SQLException {
        String user = Objects.requireNonNull(PostgresCatalog.text(connection, "SELECT current_user"));
        if (!PostgresCatalog.test(
                connection,
                "SELECT rolsuper OR rolreplication OR EXISTS (SELECT 1 FROM pg_roles r"
                        + " WHERE r.rolname = 'rds_replication' AND pg_has_role(r.oid, 'MEMBER'))"
                        + " FROM pg_roles WHERE rolname = current_user")) {
            findings.add("user " + user + " may not read the log: ALTER ROLE " + quote(user) + " REPLICATION");
        }
        if (!PostgresCatalog.test(connection, "SELECT pg_has_role('pg_read_all_stats', 'USAGE')")) {
            findings.add(
                    "user " + user + " does not see other sessions' transactions, of which old ones must end before"
                            + " the cut-over: GRANT pg_read_all_stats TO " + quote(user));
        }
        schemaPrivileges();
    }

    private void schemaPrivileges() throws SQLException {
        String user = Objects.requireNonNull(PostgresCatalog.text(connection, "SELECT current_user"));
        String database = Objects.requireNonNull(PostgresCatalog.text(connection, "SELECT current_database()"));
        if (!PostgresCatalog.test(connection, "SELECT has_database_privilege(current_database(), 'CREATE')")) {
            findings.add("user " + user + " may not create schemas and publications: GRANT CREATE ON DATABASE "
                    + quote(database) + " TO " + quote(user));
        }
        if (PostgresCatalog.test(connection, "SELECT to_regnamespace('shoofly') IS NOT NULL")
                && !PostgresCatalog.test(
                        connection,
                        "SELECT has_schema_privilege('shoofly', 'USAGE') AND coalesce((SELECT bool_and("
                                + "pg_has_role(c.relowner, 'USAGE')) FROM pg_class c"
                                + " WHERE c.relnamespace = to_regnamespace('shoofly') AND c.relkind = 'r'), true)")) {
            findings.add("schema shoofly belongs to another user: let " + user
                    + " be a member of the role that owns it (GRANT <that role> TO " + quote(user)
                    + "), or drop the schema when no migration is under way");
        }
    }

    private void tablePrivileges(TableFacts table) throws SQLException {
        String user = Objects.requireNonNull(PostgresCatalog.text(connection, "SELECT current_user"));
        String owner = Objects.requireNonNull(PostgresCatalog.text(
                connection,
                "SELECT r.rolname FROM pg_class c JOIN pg_roles r ON r.oid = c.relowner WHERE c.oid = ?::bigint::oid",
                table.oid()));
        if (!PostgresCatalog.test(connection, "SELECT pg_has_role(?::name, 'USAGE')", owner)) {
            findings.add("user " + user + " does not own " + source + ": GRANT " + quote(owner) + " TO " + quote(user)
                    + ", or ALTER TABLE " + quote(source) + " OWNER TO " + quote(user));
        }
        for (String role : List.of(user, owner).stream().distinct().toList()) {
            if (!PostgresCatalog.test(
                    connection, "SELECT has_schema_privilege(?::name, ?, 'CREATE')", role, source.schema())) {
                findings.add("role " + role + " may not create the shadow beside " + source
                        + ": GRANT CREATE ON SCHEMA " + quote(source.schema()) + " TO " + quote(role));
            }
        }
    }

    private void key(TableFacts table) throws SQLException {
        SharedKey key = new SharedKey(table, SourceShape.replicaIdentity(connection, table.oid()));
        List<SharedKey.Candidate> candidates = key.candidates();
        if (candidates.stream().anyMatch(candidate -> candidate.objection().isEmpty())) {
            return;
        }
        findings.add("table " + source + " has no unique key by which its rows can be told apart: "
                + (candidates.isEmpty()
                        ? "it has no unique index; add a primary key"
                        : candidates.stream()
                                .map(candidate -> "\"" + candidate.index().name() + "\" "
                                        + candidate.objection().orElseThrow())
                                .collect(Collectors.joining("; "))));
    }

    private String setting(String name) throws SQLException {
        return Objects.requireNonNull(PostgresCatalog.text(connection, "SELECT current_setting(?)", name));
    }
}
