package dev.shoofly.capture.key;

import static org.assertj.core.api.Assertions.assertThat;

import dev.shoofly.servers.DatabaseServer;
import dev.shoofly.servers.fixture.TestServers;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.HexFormat;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Asks the server what each code of one and two bytes means to it. */
final class MySqlCharsetIT {
    private static final String QUESTION_MARK = "?";

    static Set<String> exactNames() {
        return MySqlCharset.exactNames();
    }

    @ParameterizedTest
    @MethodSource("exactNames")
    void everyCharacterIsDecodedAsTheServerDoesAndNamesOneCode(String charset) throws SQLException {
        DatabaseServer server = TestServers.mysql();
        try (Connection connection = DriverManager.getConnection(server.jdbcUrl(), server.user(), server.password());
                Statement statement = connection.createStatement()) {
            statement.execute("SET SESSION cte_max_recursion_depth = 1000000");
            Map<String, String> codesByText = new TreeMap<>();
            compare(statement, charset, 0, 0xff, 2, codesByText);
            compare(statement, charset, 0x100, 0xffff, 4, codesByText);
            assertThat(codesByText.size()).isGreaterThanOrEqualTo(127);
        }
    }

    private static void compare(
            Statement statement, String charset, int from, int to, int digits, Map<String, String> codesByText)
            throws SQLException {
        String code = "CONVERT(UNHEX(LPAD(HEX(i), " + digits + ", '0')) USING " + charset + ")";
        try (ResultSet rows = statement.executeQuery("WITH RECURSIVE n AS (SELECT " + from
                + " i UNION ALL SELECT i + 1 FROM n WHERE i < " + to + ") SELECT HEX(" + code + "), CONVERT(" + code
                + " USING utf8mb4), CHAR_LENGTH(" + code + ") FROM n")) {
            while (rows.next()) {
                String hex = rows.getString(1);
                String text = rows.getString(2);
                // Not one character: no code of the set, or two codes of one byte. '?' stands for what has no meaning.
                if (hex == null || text == null || rows.getInt(3) != 1 || text.equals(QUESTION_MARK)) {
                    continue;
                }
                assertThat(MySqlCharset.decode(charset, HexFormat.of().parseHex(hex)))
                        .as("%s %s", charset, hex)
                        .isEqualTo(text);
                assertThat(codesByText.put(text, hex)).as("%s %s", charset, hex).isIn(null, hex);
            }
        }
    }
}
