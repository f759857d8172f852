package dev.shoofly.database.mysql;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What the user may do, read from SHOW GRANTS with the roles that are active. */
final class MySqlGrants {
    private static final Pattern GRANT =
            Pattern.compile("(GRANT|REVOKE) (.+) ON (\\*|`(?:[^`]|``)+`)\\.(\\*|`(?:[^`]|``)+`) (?:TO|FROM) .*");
    private static final String ALL = "ALL PRIVILEGES";
    private static final List<String> ON_SCHEMA = List.of(
            "SELECT",
            "INSERT",
            "UPDATE",
            "DELETE",
            "CREATE",
            "DROP",
            "ALTER",
            "INDEX",
            "LOCK TABLES",
            "CREATE TEMPORARY TABLES",
            // Without it the server shows no triggers.
            "TRIGGER");
    private static final List<String> FOR_NATIVE_ALTER =
            List.of("SELECT", "INSERT", "CREATE", "DROP", "ALTER", "INDEX");
    private static final List<String> ON_CONTROL =
            List.of("SELECT", "INSERT", "UPDATE", "DELETE", "CREATE", "DROP", "CREATE VIEW");
    static final String AT_FOREIGN_KEYS =
            "SELECT, INSERT, UPDATE, DELETE, CREATE, ALTER, LOCK TABLES, REFERENCES, TRIGGER";

    /** For: reading the log, its position, the age of transactions, prepared transactions. */
    private static final List<String> GLOBAL =
            List.of("REPLICATION SLAVE", "REPLICATION CLIENT", "PROCESS", "XA_RECOVER_ADMIN");

    private final String user;
    private final List<Grant> grants;

    private MySqlGrants(String user, List<Grant> grants) {
        this.user = user;
        this.grants = grants;
    }

    /** @param schema pattern as granted; {@code *} for all */
    private record Grant(boolean revoked, Set<String> privileges, String schema, boolean wholeSchema) {}

    static MySqlGrants ofCurrentUser(Connection connection) throws SQLException {
        String[] account = Objects.requireNonNull(SqlText.of("SELECT CURRENT_USER()")
                        .list(connection, row -> row.getString(1))
                        .get(0))
                .split("@(?=[^@]*$)", 2);
        String user = "'" + account[0] + "'@'" + account[1] + "'";
        String roles = SqlText.of("SELECT CURRENT_ROLE()")
                .list(connection, row -> String.valueOf(row.getString(1)))
                .get(0);
        String using = roles.equals("NONE") ? "" : " USING " + roles;
        return of(
                user,
                SqlText.of("SHOW GRANTS FOR CURRENT_USER()" + using)
                        .list(connection, row -> String.valueOf(row.getString(1))));
    }

    static MySqlGrants of(String user, List<String> lines) {
        List<Grant> grants = new ArrayList<>();
        for (String line : lines) {
            Matcher grant = GRANT.matcher(line);
            if (grant.matches()) {
                grants.add(new Grant(
                        grant.group(1).equals("REVOKE"),
                        privileges(grant.group(2)),
                        MySqlNames.unquote(grant.group(3)),
                        grant.group(4).equals("*")));
            }
        }
        return new MySqlGrants(user, grants);
    }

    /** Privileges on single columns are none for our purposes. */
    private static Set<String> privileges(String list) {
        Set<String> privileges = new HashSet<>();
        for (String each : list.split(",(?![^()]*\\))", -1)) {
            privileges.add(each.strip().toUpperCase(Locale.ROOT));
        }
        return privileges;
    }

    /** One finding per missing set, with the statement that grants it. */
    List<String> missing(String schema) {
        return missing(schema, ON_SCHEMA, GLOBAL);
    }

    /** As above, of what an alteration by the server itself takes. */
    List<String> missingForNativeAlter(String schema) {
        return missing(schema, FOR_NATIVE_ALTER, List.of("PROCESS"));
    }

    private List<String> missing(String schema, List<String> onSchema, List<String> global) {
        List<String> findings = new ArrayList<>();
        String quoted = MySqlNames.quote(schema.replace("_", "\\_").replace("%", "\\%"));
        report(findings, without(onSchema, schema), quoted + ".*", "on the database " + schema);
        report(findings, without(ON_CONTROL, "shoofly"), "`shoofly`.*", "on the control tables' database shoofly");
        report(findings, without(List.of("SELECT"), "performance_schema"), "`performance_schema`.*", "to see locks");
        report(findings, global.stream().filter(each -> !hasGlobal(each)).toList(), "*.*", "on the server");
        return findings;
    }

    /** For the swap of a table with foreign keys between it and tables of this database. */
    List<String> missingForForeignKeys(String schema) {
        List<String> findings = new ArrayList<>();
        report(
                findings,
                without(List.of(AT_FOREIGN_KEYS.split(", ")), schema),
                MySqlNames.quote(schema.replace("_", "\\_").replace("%", "\\%")) + ".*",
                "on the database " + schema + ", at an end of a foreign key");
        return findings;
    }

    /** Whether a table can be moved to this database and back, with what it takes to work on it there. */
    boolean mayMoveTo(String schema) {
        return without(ON_SCHEMA, schema).isEmpty() && has("REFERENCES", schema);
    }

    /** What {@link #mayMoveTo} takes for databases of such names. */
    String grantToMove() {
        return "GRANT " + String.join(", ", ON_SCHEMA) + ", REFERENCES ON `shoofly\\_%`.* TO " + user;
    }

    boolean maySeeSessions() {
        return has("SELECT", "performance_schema");
    }

    /** Of all tables, those that the user may not see included. */
    boolean mayReadForeignKeys() {
        return hasGlobal("PROCESS");
    }

    /** The server's word for a user that may write functions and triggers into the binary log. */
    boolean isSuper() {
        return hasGlobal("SUPER");
    }

    /** In whose name a trigger runs. */
    boolean maySetDefiners() {
        return hasGlobal("SET_USER_ID") || hasGlobal("SET_ANY_DEFINER") || isSuper();
    }

    boolean maySeeTriggers(String schema) {
        return has("TRIGGER", schema);
    }

    String user() {
        return user;
    }

    boolean mayListPrepared() {
        return hasGlobal("XA_RECOVER_ADMIN");
    }

    private void report(List<String> findings, List<String> missing, String on, String what) {
        if (!missing.isEmpty()) {
            String list = String.join(", ", missing);
            findings.add(
                    "user " + user + " lacks " + list + " " + what + ". GRANT " + list + " ON " + on + " TO " + user);
        }
    }

    private List<String> without(List<String> wanted, String schema) {
        return wanted.stream().filter(each -> !has(each, schema)).toList();
    }

    private boolean has(String privilege, String schema) {
        boolean granted = false;
        boolean revoked = false;
        for (Grant grant : grants) {
            if (grant.wholeSchema() && covers(grant, schema) && includes(grant, privilege)) {
                granted |= !grant.revoked();
                // A partial revoke takes from a global grant only.
                revoked |= grant.revoked();
            }
        }
        return granted && !revoked;
    }

    private boolean hasGlobal(String privilege) {
        return grants.stream()
                .anyMatch(grant -> !grant.revoked() && grant.schema().equals("*") && includes(grant, privilege));
    }

    private static boolean includes(Grant grant, String privilege) {
        return grant.privileges().contains(privilege) || grant.privileges().contains(ALL);
    }

    /** Schema names in grants are patterns: {@code _} and {@code %} unless escaped. */
    private static boolean covers(Grant grant, String schema) {
        if (grant.schema().equals("*")) {
            return true;
        }
        StringBuilder regex = new StringBuilder();
        String pattern = grant.schema();
        for (int i = 0; i < pattern.length(); i++) {
            char c = pattern.charAt(i);
            if (c == '\\' && i + 1 < pattern.length()) {
                regex.append(Pattern.quote(String.valueOf(pattern.charAt(++i))));
            } else {
                regex.append(c == '%' ? ".*" : c == '_' ? "." : Pattern.quote(String.valueOf(c)));
            }
        }
        return schema.matches(regex.toString());
    }
}
