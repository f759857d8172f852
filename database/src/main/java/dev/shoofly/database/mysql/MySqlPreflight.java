package dev.shoofly.database.mysql;

import dev.shoofly.model.TableName;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Every reason not to start, each with its remedy. Reads only. */
final class MySqlPreflight {
    private static final Duration XA_PATIENCE = Duration.ofSeconds(2);
    private final Connection connection;
    private final TableName source;
    private final List<String> findings = new ArrayList<>();

    MySqlPreflight(Connection connection, TableName source) {
        this.connection = connection;
        this.source = source;
    }

    List<String> findings() throws SQLException {
        MySqlGrants grants = anyTable();
        table();
        if (grants.maySeeTriggers(source.schema())) {
            triggers(grants);
        }
        if (grants.mayReadForeignKeys()) {
            foreignKeys(grants);
        }
        return List.copyOf(findings);
    }

    /** Whatever the table; its database counts. */
    List<String> serverFindings() throws SQLException {
        anyTable();
        return List.copyOf(findings);
    }

    private MySqlGrants anyTable() throws SQLException {
        server();
        findings.addAll(BinaryLogSettings.findings(connection));
        MySqlGrants grants = MySqlGrants.ofCurrentUser(connection);
        findings.addAll(grants.missing(source.schema()));
        if (grants.maySeeSessions()) {
            lockInstrument();
            sessions();
        }
        if (grants.mayListPrepared()) {
            prepared();
        }
        return grants;
    }

    /** What an alteration by the server itself needs. */
    List<String> nativeFindings() throws SQLException {
        server();
        MySqlGrants grants = MySqlGrants.ofCurrentUser(connection);
        findings.addAll(grants.missingForNativeAlter(source.schema()));
        if (grants.maySeeSessions()) {
            lockInstrument();
        }
        return List.copyOf(findings);
    }

    private void server() throws SQLException {
        String version = MySqlCatalog.variable(connection, "version");
        if (version.contains("MariaDB")) {
            findings.add("the server is MariaDB " + version + "; MySQL 8.0.13 or later is needed");
        } else if (!isAtLeast(8_000_013, version)) {
            findings.add("the server is MySQL " + version + "; 8.0.13 or later is needed, for RENAME TABLE under"
                    + " LOCK TABLES. Upgrade the server");
        }
        if (MySqlCatalog.variable(connection, "super_read_only").equals("1")
                || MySqlCatalog.variable(connection, "read_only").equals("1")) {
            findings.add("the server is read-only. Give the address of the primary server");
        }
    }

    /** @param least three digits for each of the second and the third number: 8_000_013 is 8.0.13 */
    static boolean isAtLeast(int least, String version) {
        String[] numbers = version.split("[^0-9]+", 4);
        int number = 0;
        for (int i = 0; i < 3; i++) {
            boolean known = i < numbers.length && !numbers[i].isEmpty();
            number = number * 1_000 + (known ? Integer.parseInt(numbers[i]) : 0);
        }
        return number >= least;
    }

    /** Without it nobody sees who uses the table, and the cut-over would hold up, or end, the application's transactions. */
    private void lockInstrument() throws SQLException {
        if (!SqlText.of("SELECT 1 FROM performance_schema.setup_instruments"
                        + " WHERE name = 'wait/lock/metadata/sql/mdl' AND enabled = 'YES'")
                .findsRow(connection)) {
            findings.add("the server does not record metadata locks, so who uses the table cannot be seen."
                    + " UPDATE performance_schema.setup_instruments SET enabled = 'YES'"
                    + " WHERE name = 'wait/lock/metadata/sql/mdl'; or, if that table is empty, start the server with"
                    + " performance_schema = ON");
        }
    }

    /** A session keeps the settings that it began with. */
    private void sessions() throws SQLException {
        List<String> sessions = SqlText.of(
                        "SELECT t.processlist_id, t.processlist_user, v.variable_name, v.variable_value"
                                + " FROM performance_schema.variables_by_thread v"
                                + " JOIN performance_schema.threads t ON t.thread_id = v.thread_id"
                                + " WHERE t.processlist_id <> CONNECTION_ID()"
                                + " AND (v.variable_name = 'binlog_format' AND v.variable_value <> 'ROW'"
                                + " OR v.variable_name = 'binlog_row_image' AND v.variable_value <> 'FULL'"
                                + " OR v.variable_name = 'sql_log_bin' AND v.variable_value = 'OFF') LIMIT 10")
                .list(
                        connection,
                        row -> row.getLong(1) + " (user " + row.getString(2) + ", " + row.getString(3) + " = "
                                + row.getString(4) + ")");
        if (!sessions.isEmpty()) {
            findings.add("sessions log changes in a form that cannot be followed, or not at all: "
                    + String.join("; ", sessions) + ". Let them connect anew or KILL them");
        }
    }

    private void prepared() throws SQLException {
        // An application of two-phase commits always has some; those that stay are the ones to speak of.
        List<String> xids = PreparedXa.leftAfter(connection, XA_PATIENCE);
        if (!xids.isEmpty()) {
            findings.add("XA transactions are prepared (" + String.join(", ", xids)
                    + "): their rows are in the log already," + " but not visible. Commit them or roll them back");
        }
    }

    private void table() throws SQLException {
        MySqlTable table = MySqlCatalog.table(connection, source);
        if (!table.engine().equalsIgnoreCase("InnoDB")) {
            findings.add(source + " has the engine " + table.engine()
                    + ", which has no transactions. ALTER TABLE … ENGINE = InnoDB first");
        }
        if (table.uniqueIndexes().isEmpty()) {
            findings.add(source + " has no unique key, so its rows cannot be told apart. Add one on NOT NULL columns");
        }
    }

    /** What it takes to make them anew on the new table; whether they suit it, is tried on the empty one. */
    private void triggers(MySqlGrants grants) throws SQLException {
        List<SourceTrigger> triggers = MySqlCatalog.triggers(connection, source);
        if (triggers.isEmpty()) {
            return;
        }
        String names = triggers.stream().map(SourceTrigger::name).collect(Collectors.joining(", "));
        String account = SqlText.of("SELECT CURRENT_USER()")
                .list(connection, row -> String.valueOf(row.getString(1)))
                .get(0);
        List<String> definers = triggers.stream()
                .map(SourceTrigger::definer)
                .filter(definer -> !definer.equals(account))
                .distinct()
                .toList();
        if (!definers.isEmpty() && !grants.maySetDefiners()) {
            findings.add(source + " has triggers (" + names + ") that run in the name of " + String.join(", ", definers)
                    + ", and user " + grants.user() + " may not make such. GRANT SET_USER_ID ON *.* TO "
                    + grants.user());
        }
        if (!grants.isSuper()
                && MySqlCatalog.variable(connection, "log_bin_trust_function_creators")
                        .equals("0")) {
            findings.add(
                    source + " has triggers (" + names + "), and the server lets nobody but users with SUPER make any"
                            + " while it writes a binary log. SET GLOBAL log_bin_trust_function_creators = 1");
        }
    }

    /** Whether they suit the altered table, is tried on the empty one. */
    private void foreignKeys(MySqlGrants grants) throws SQLException {
        List<String> hidden = MySqlCatalog.hiddenReferences(connection, source);
        if (!hidden.isEmpty()) {
            findings.add(source + " has foreign keys (" + String.join("; ", hidden) + ") of or to tables that user "
                    + grants.user() + " may not see. GRANT " + MySqlGrants.AT_FOREIGN_KEYS
                    + " ON those databases to it, or drop them first and add them again afterwards");
        }
        List<SourceForeignKey> keys = MySqlCatalog.references(connection, source);
        String cascading = keys.stream()
                .filter(key -> key.child().equals(source) && key.cascades())
                .map(key -> key.name() + " (" + key.add() + ")")
                .collect(Collectors.joining("; "));
        if (!cascading.isEmpty()) {
            findings.add(source + " has foreign keys that change its rows without a trace in the log: " + cascading
                    + ". Drop them first and add them again afterwards");
        }
        keys.stream()
                .flatMap(key -> Stream.of(key.child().schema(), key.parent().schema()))
                .distinct()
                .forEach(schema -> findings.addAll(grants.missingForForeignKeys(schema)));
    }
}
