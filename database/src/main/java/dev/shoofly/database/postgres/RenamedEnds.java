package dev.shoofly.database.postgres;

import static dev.shoofly.database.postgres.PostgresNames.quote;

import dev.shoofly.database.postgres.Attached.End;
import dev.shoofly.database.postgres.Attached.PartitionedKey;
import dev.shoofly.database.postgres.Attached.Validation;
import dev.shoofly.model.MigrationPlan;
import dev.shoofly.model.TableName;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Tables of a swap's foreign keys that somebody has given other names since. The foreign keys followed them, for the server
 * knows them by their numbers; what was worded before the swap names them as they were called then.
 */
final class RenamedEnds {
    /** One that was made anew under its name before the swap, which went by the name, has no foreign key of it any more. */
    private static final String NOW = "SELECT n.nspname, c.relname, quote_ident(n.nspname), quote_ident(c.relname),"
            + " quote_ident(p.was[1]), quote_ident(p.was[2]), p.was[1]"
            + " FROM (SELECT parse_ident(?) AS was) p, pg_catalog.pg_class c"
            + " JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
            + " WHERE c.oid = ?::bigint::oid AND c.oid IS DISTINCT FROM to_regclass(?)::oid"
            + " AND (c.oid = ?::bigint::oid OR EXISTS (SELECT 1 FROM pg_catalog.pg_constraint k WHERE k.contype = 'f'"
            + " AND (k.confrelid = c.oid AND k.conrelid IN " + PartitionTree.MEMBERS_BY_OID
            + " OR k.confrelid = ?::bigint::oid AND k.conrelid IN " + PartitionTree.MEMBERS_BY_OID + ")))";

    /** By the quoted name that each had. */
    private final Map<String, Renamed> renamed;

    /**
     * @param now quoted
     * @param path now; quoted
     * @param wasIn its schema; quoted
     * @param was schema and name, as the server spells them
     * @param is likewise
     */
    private record Renamed(String now, String path, String wasIn, List<String> was, List<String> is) {

        String inDefinition(String definition) {
            return replaced(definition, " REFERENCES " + was.get(1) + "(", " REFERENCES " + is.get(1) + "(");
        }
    }

    private RenamedEnds(Map<String, Renamed> renamed) {
        this.renamed = renamed;
    }

    /** @param plan of the swap that was made */
    static RenamedEnds of(Connection connection, MigrationPlan plan) throws SQLException {
        SwapState state = SwapState.of(plan);
        Map<String, Long> numbers = new LinkedHashMap<>();
        numbers.put(quote(plan.source()), state.shadowOid());
        state.attached().ends().forEach(end -> numbers.putIfAbsent(end.table(), end.oid()));
        for (PartitionedKey key : state.attached().partitioned()) {
            note(numbers, key.table(), key.tableOid());
            note(numbers, key.target(), key.targetOid());
        }
        Map<String, Renamed> renamed = new LinkedHashMap<>();
        for (Map.Entry<String, Long> table : numbers.entrySet()) {
            for (Renamed found : PostgresCatalog.query(
                    connection,
                    NOW,
                    row -> new Renamed(
                            quote(new TableName(row.getString(1), row.getString(2))),
                            quote(row.getString(1)),
                            quote(row.getString(7)),
                            List.of(row.getString(5), row.getString(6)),
                            List.of(row.getString(3), row.getString(4))),
                    table.getKey(),
                    table.getValue(),
                    table.getKey(),
                    state.shadowOid(),
                    state.shadowOid(),
                    state.shadowOid(),
                    table.getValue())) {
                renamed.put(table.getKey(), found);
            }
        }
        return new RenamedEnds(renamed);
    }

    private static void note(Map<String, Long> numbers, String table, @Nullable Long oid) {
        if (oid != null) {
            numbers.putIfAbsent(table, oid);
        }
    }

    private String nameOf(String table) {
        Renamed found = renamed.get(table);
        return found == null ? table : found.now();
    }

    /** With the names of now. */
    PartitionedKey now(PartitionedKey key) {
        Renamed target = renamed.get(key.target());
        return new PartitionedKey(
                nameOf(key.table()),
                nameOf(key.target()),
                target == null ? key.path() : target.path(),
                key.name(),
                target == null ? key.definition() : target.inDefinition(key.definition()),
                key.comment(),
                key.parts(),
                key.tableOid(),
                key.targetOid());
    }

    /** With the names of now where they are those of foreign keys; what a view says of a renamed table stays as it is. */
    Attached now(Attached attached) {
        if (renamed.isEmpty()) {
            return attached;
        }
        return new Attached(
                attached.views(),
                // In the order that is everybody's.
                attached.tables().stream().map(this::nameOf).sorted().toList(),
                statements(attached.before()),
                statements(attached.after()),
                attached.validations().stream()
                        .map(each -> new Validation(nameOf(each.table()), each.constraint()))
                        .toList(),
                attached.materialized(),
                attached.partitioned().stream().map(this::now).toList(),
                attached.ends().stream()
                        .map(end -> new End(nameOf(end.table()), end.oid()))
                        .toList());
    }

    /** As {@link TwinForeignKeys} words them: the path of the target, then the foreign key that names it without a schema. */
    private List<String> statements(List<String> statements) {
        List<String> now = new ArrayList<>();
        for (int i = 0; i < statements.size(); i++) {
            String statement = ofTable(statements.get(i));
            for (Renamed target : renamed.values()) {
                String addition = i + 1 < statements.size() ? statements.get(i + 1) : "";
                if (addition.startsWith("ALTER TABLE ")
                        && addition.contains(" ADD CONSTRAINT ")
                        && !target.inDefinition(addition).equals(addition)
                        && statement.equals("SET LOCAL search_path = " + target.wasIn())) {
                    statement = "SET LOCAL search_path = " + target.path();
                    now.add(statement);
                    statement = target.inDefinition(ofTable(addition));
                    i++;
                    break;
                }
            }
            now.add(statement);
        }
        return now;
    }

    private String ofTable(String statement) {
        for (Map.Entry<String, Renamed> table : renamed.entrySet()) {
            String altered = "ALTER TABLE " + table.getKey() + " ";
            if (statement.startsWith(altered)) {
                return "ALTER TABLE " + table.getValue().now() + " " + statement.substring(altered.length());
            }
            if (statement.startsWith("COMMENT ON CONSTRAINT ")) {
                String commented = replaced(
                        statement,
                        " ON " + table.getKey() + " IS ",
                        " ON " + table.getValue().now() + " IS ");
                if (!commented.equals(statement)) {
                    return commented;
                }
            }
        }
        return statement;
    }

    /** A {@link TableFingerprint} whose foreign keys have the names of now, in an order that does not depend on them. */
    String inFingerprint(String fingerprint) {
        return renamed.isEmpty()
                ? fingerprint
                : fingerprint.lines().map(this::line).sorted().collect(Collectors.joining("\n"));
    }

    private String line(String line) {
        String now = line;
        for (Renamed table : renamed.values()) {
            String was = String.join(".", table.was());
            String is = String.join(".", table.is());
            if (line.contains("constraint ") && line.contains(" FOREIGN KEY (")) {
                now = replaced(now, " REFERENCES " + was + "(", " REFERENCES " + is + "(");
            }
            if (line.contains("foreign key ")) {
                now = replaced(now, " of " + was + " FOREIGN KEY (", " of " + is + " FOREIGN KEY (");
                now = replaced(now, " of " + was + " is not in force", " of " + is + " is not in force");
            }
        }
        return now;
    }

    private static String replaced(String text, String what, String by) {
        int at = text.indexOf(what);
        return at < 0 ? text : text.substring(0, at) + by + text.substring(at + what.length());
    }
}
