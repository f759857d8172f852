package dev.shoofly.database.mysql;

import dev.shoofly.model.TableName;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.List;

/**
 * A trigger of the source, as the catalog tells it.
 *
 * @param timing BEFORE or AFTER
 * @param event INSERT, UPDATE or DELETE
 * @param body what it runs, under {@code sqlMode} and read in the three character sets' terms
 */
record SourceTrigger(
        String name,
        String timing,
        String event,
        String body,
        String definer,
        String sqlMode,
        String clientCharset,
        String connectionCollation,
        String databaseCollation) {
    /** A session that sets it writes a table whose stand-ins must not even ask whether they are in charge. */
    private static final String QUIET = "@shoofly_quiet";

    private static final List<String> UNICODE = List.of("utf8mb4", "utf8mb3", "utf8");

    /** Before the first of {@link #create} on a session. */
    static final String REMEMBER_SETTINGS = "SET @shoofly_mode = @@SESSION.sql_mode,"
            + " @shoofly_client = @@SESSION.character_set_client, @shoofly_collation = @@SESSION.collation_connection";

    /** After each trigger. */
    static final String RESTORE_SETTINGS = "SET SESSION sql_mode = @shoofly_mode,"
            + " character_set_client = @shoofly_client, collation_connection = @shoofly_collation";

    static final String KEEP_STAND_INS_QUIET = "SET " + QUIET + " = 1";

    /** The server keeps with a trigger what the session has set that makes it. */
    String settings() {
        return "SET SESSION sql_mode = '" + sqlMode + "', character_set_client = " + clientCharset
                + ", collation_connection = " + connectionCollation;
    }

    /** @param clause {@code PRECEDES `name` } or nothing; the server does not keep it in the trigger's text */
    String create(TableName table, String as, String clause) {
        return create(table, as, clause, body);
    }

    /**
     * A trigger of another name that does the same, but only while the trigger itself is not on the source. So on the shadow
     * it does nothing, from the RENAME on everything, and nothing again from the moment on when the trigger itself is made
     * on the new table: at any instant just one of the two is in force.
     *
     * <p>The one in whose name it runs may see the trigger: a definer without the privilege could not run it either. The
     * names are written so that no SQL mode and no character set reads them differently.
     */
    String standIn(TableName shadow, String as, TableName source) {
        return create(
                shadow,
                as,
                "",
                "IF " + QUIET + " IS NULL THEN IF NOT EXISTS (SELECT 1 FROM information_schema.triggers"
                        + " WHERE trigger_schema = " + literal(source.schema()) + " AND trigger_name = "
                        + literal(name) + " AND event_object_table = " + literal(source.table()) + ") THEN " + body
                        // On a line of its own: the body may end in a comment.
                        + "\n; END IF; END IF");
    }

    private String create(TableName table, String as, String clause, String runs) {
        return "CREATE DEFINER=" + account() + " TRIGGER " + MySqlNames.quote(table.sibling(as)) + " " + timing + " "
                + event + " ON " + MySqlNames.quote(table) + " FOR EACH ROW " + clause + runs;
    }

    private String account() {
        int at = definer.lastIndexOf('@');
        return MySqlNames.quote(definer.substring(0, at)) + "@" + MySqlNames.quote(definer.substring(at + 1));
    }

    private static String literal(String text) {
        return "_utf8mb4 0x" + HexFormat.of().formatHex(text.getBytes(StandardCharsets.UTF_8));
    }

    /** Whether our sessions, which send UTF-8, can say it under its own character set. */
    boolean canBeSent(TableName table) {
        return UNICODE.contains(clientCharset)
                || StandardCharsets.US_ASCII.newEncoder().canEncode(create(table, name, ""));
    }

    /** All but the name, which says whether another one is the same. */
    boolean isAs(SourceTrigger other) {
        return equals(new SourceTrigger(
                name,
                other.timing,
                other.event,
                other.body,
                other.definer,
                other.sqlMode,
                other.clientCharset,
                other.connectionCollation,
                other.databaseCollation));
    }

    /** Two lists are compared by these lines: each with its place in the order. */
    static String lines(List<SourceTrigger> triggers) {
        StringBuilder text = new StringBuilder();
        for (SourceTrigger each : triggers) {
            text.append("trigger ")
                    .append(each.name)
                    .append(' ')
                    .append(each.timing)
                    .append(' ')
                    .append(each.event)
                    .append(' ')
                    .append(each.body.replaceAll("\\s+", " ").strip())
                    .append(" (")
                    .append(each.definer)
                    .append(", ")
                    .append(each.sqlMode)
                    .append(", ")
                    .append(each.clientCharset)
                    .append(", ")
                    .append(each.connectionCollation)
                    .append(")\n");
        }
        return text.toString();
    }
}
