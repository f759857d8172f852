package dev.shoofly.database.mysql;

import dev.shoofly.database.disk.ThisHost;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.OptionalInt;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;

/**
 * How many processors a server has, as far as it tells: no variable says so. What a container may use of them, it does not know
 * itself.
 */
final class Processors {
    /** Not collected unless an operator has switched it on. */
    private static final String COUNTED =
            "SELECT CONCAT('1-', max_count) FROM information_schema.innodb_metrics WHERE name = 'cpu_n' AND max_count > 0";
    /** The group of whoever is in no other: all that there are. Shown to whom RESOURCE_GROUP_USER is granted. A BLOB to the driver. */
    private static final String GROUP = "SELECT CONVERT(vcpu_ids USING utf8mb4) FROM information_schema.resource_groups"
            + " WHERE resource_group_name = 'USR_default'";

    private static final Pattern RANGE = Pattern.compile("(\\d{1,6})(?:-(\\d{1,6}))?");

    private Processors() {}

    /**
     * Those of this machine where the server tells nothing and is on it; otherwise empty then.
     *
     * @param host of the server
     */
    static OptionalInt of(Connection connection, String host) {
        OptionalInt told = IntStream.concat(read(connection, COUNTED), read(connection, GROUP))
                .filter(count -> count > 0)
                .findFirst();
        return told.isPresent() ? told : ThisHost.processors(host);
    }

    private static IntStream read(Connection connection, String query) {
        try {
            return SqlText.of(query).list(connection, row -> String.valueOf(row.getString(1))).stream()
                    .mapToInt(Processors::count);
        } catch (SQLException e) {
            return IntStream.empty();
        }
    }

    /** @param ids such as {@code 0-3,8}; 0 when it is something else */
    static int count(String ids) {
        int count = 0;
        for (String each : ids.split(",")) {
            Matcher range = RANGE.matcher(each.strip());
            if (!range.matches()) {
                return 0;
            }
            int first = Integer.parseInt(range.group(1));
            int last = range.group(2) == null ? first : Integer.parseInt(range.group(2));
            if (last < first) {
                return 0;
            }
            count += last - first + 1;
        }
        return count;
    }
}
