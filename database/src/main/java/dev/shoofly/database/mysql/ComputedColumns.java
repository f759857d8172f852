package dev.shoofly.database.mysql;

import dev.shoofly.database.connection.ConnectionPool;
import dev.shoofly.database.connection.SqlErrors;
import dev.shoofly.model.Transform;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * The operator's transforms. Whether an expression gives the same value whenever it is asked for the same row, the server
 * says: a generated column admits neither the clock, nor chance, variables, stored functions or other rows.
 *
 * @param expressions by the column's name in lower case, ready for the projection
 */
record ComputedColumns(Map<String, String> expressions) {
    private static final String TRIAL = "_shoofly_trial";
    private static final Set<String> DATED = Set.of("date", "datetime", "timestamp");
    /** What says which zone is meant. */
    private static final Pattern ZONE = Pattern.compile("\\b(CONVERT_TZ|FROM_UNIXTIME)\\b", Pattern.CASE_INSENSITIVE);

    ComputedColumns {
        expressions = Map.copyOf(expressions);
    }

    Set<String> names() {
        return expressions.keySet();
    }

    Optional<String> expression(MySqlColumn column) {
        return Optional.ofNullable(expressions.get(column.name().toLowerCase(Locale.ROOT)));
    }

    /** @param shadow with all ALTERs done */
    static ComputedColumns of(Connection connection, MySqlTable source, MySqlTable shadow, List<Transform> transforms)
            throws SQLException {
        Map<String, String> expressions = new HashMap<>();
        for (Transform transform : transforms) {
            MySqlColumn column = target(transform, source, shadow);
            ExpressionText.requireOneExpression(transform);
            String expression = "(" + transform.expression() + ")";
            if (expressions.put(column.name().toLowerCase(Locale.ROOT), expression) != null) {
                throw transform.refused("it is given twice");
            }
        }
        if (!transforms.isEmpty()) {
            tryAll(connection, source, shadow, transforms);
        }
        return new ComputedColumns(expressions);
    }

    private static MySqlColumn target(Transform transform, MySqlTable source, MySqlTable shadow) {
        String name = MySqlNames.unquote(transform.column());
        MySqlColumn column = shadow.column(name)
                .orElseThrow(() -> transform.refused(
                        source.column(name).isPresent()
                                ? "the ALTERs drop it or give it another name"
                                : "neither has " + source.name() + " such a column nor do the ALTERs add it"));
        if (column.generated()) {
            throw transform.refused("it is a generated column, whose value the server computes");
        }
        if (column.autoIncrement()) {
            throw transform.refused("the server numbers it, and would do so wherever the expression gives NULL");
        }
        return column;
    }

    private static void tryAll(Connection connection, MySqlTable source, MySqlTable shadow, List<Transform> transforms)
            throws SQLException {
        String trial = MySqlNames.quote(shadow.name().sibling(TRIAL));
        try {
            for (Transform transform : transforms) {
                create(connection, trial, source, transform);
                MySqlColumn column =
                        shadow.column(MySqlNames.unquote(transform.column())).orElseThrow();
                requireSteadyConversion(connection, trial, transform, column);
            }
        } finally {
            drop(connection, trial);
        }
    }

    /** The columns stand there without what a generated column may not refer to: a counter, or a later generated one. */
    private static void create(Connection connection, String trial, MySqlTable source, Transform transform)
            throws SQLException {
        drop(connection, trial);
        List<String> columns = new ArrayList<>();
        columns.add("`_shoofly_row` BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY");
        source.columns().forEach(column -> columns.add(MySqlNames.quote(column.name()) + " " + column.declared()));
        String table = "CREATE TEMPORARY TABLE " + trial + " (" + String.join(", ", columns);
        ConnectionPool.execute(connection, table + ") ENGINE=InnoDB");
        try {
            ConnectionPool.execute(
                    connection,
                    "ALTER TABLE " + trial + " ADD COLUMN " + MySqlNames.quote(TRIAL)
                            + " TINYINT GENERATED ALWAYS AS ((\n" + transform.expression() + "\n) IS NULL) VIRTUAL");
        } catch (SQLException e) {
            if (SqlErrors.isTransient(e)) {
                throw e;
            }
            throw transform.refused(
                    "the server refuses the expression, which must depend on nothing but the row of " + source.name()
                            + ": "
                            + SqlErrors.serverSaid(e).replace(TRIAL, MySqlNames.unquote(transform.column())),
                    e);
        }
    }

    /** Our sessions run in UTC, an ALTER in the zone of its own: every value would be shifted in silence. */
    private static void requireSteadyConversion(
            Connection connection, String trial, Transform transform, MySqlColumn column) throws SQLException {
        String type;
        try (Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery("SELECT (" + transform.expression() + ") FROM " + trial)) {
            type = rows.getMetaData().getColumnTypeName(1);
        }
        if (type.equalsIgnoreCase("time") && DATED.contains(column.dataType())) {
            throw transform.refused("the expression's value is of type " + type + ", and its conversion to "
                    + column.columnType() + " takes the date of the day");
        }
        boolean isMoment = column.dataType().equals("timestamp");
        if (isMoment != type.equalsIgnoreCase("timestamp")
                && !ZONE.matcher(transform.expression()).find()) {
            throw transform.refused("the expression's value is of type " + type + ", and its conversion to "
                    + column.columnType() + " depends on the time zone of the session that runs it. Say which zone is"
                    + " meant, with CONVERT_TZ; TIMESTAMP values are in '+00:00' here");
        }
    }

    private static void drop(Connection connection, String trial) throws SQLException {
        ConnectionPool.execute(connection, "DROP TEMPORARY TABLE IF EXISTS " + trial);
    }
}
