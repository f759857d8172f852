package dev.shoofly.database.mysql;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A wrong yes would promise a way back that loses values; a wrong no only warns. */
class TextRoomTest {
    @ParameterizedTest
    @CsvSource({
        "varchar,100,latin1, varchar,100,utf8mb4, true",
        "varchar,100,latin1, varchar,99,utf8mb4, false",
        "varchar,100,utf8mb4, varchar,100,latin1, false",
        "varchar,100,utf8mb3, varchar,100,utf8mb4, true",
        "varchar,100,utf8, varchar,100,utf8mb4, true",
        "varchar,100,utf8mb3, varchar,100,utf8, true",
        "varchar,100,utf8mb4, varchar,100,utf8mb3, false",
        "varchar,100,ascii, varchar,100,latin1, true",
        "varchar,100,latin1, varchar,100,ascii, false",
        "char,9,ascii, varchar,9,latin1, false",
        "varchar,100,gbk, varchar,100,utf8mb4, false",
        "varchar,100,gbk, varchar,100,gbk, true",
        "varchar,100,ascii, varchar,100,gbk, false",
        // A TEXT is limited in bytes, and a letter of latin1 takes up to three in utf8mb4.
        "text,65535,latin1, text,65535,utf8mb4, false",
        "text,65535,ascii, text,65535,utf8mb4, true",
        "text,65535,utf8mb3, text,65535,utf8mb4, true",
    })
    void takesAllOnlyWhereThatIsCertain(
            String fromType, long fromLength, String fromSet, String toType, long toLength, String toSet, boolean all) {
        assertThat(TextRoom.takesAll(
                        column(fromType, fromType, fromLength, fromSet), column(toType, toType, toLength, toSet)))
                .isEqualTo(all);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "enum('new','paid') | enum('new','paid') | true",
                "enum('new','paid') | enum('new','paid','sent') | true",
                "enum('new','paid','sent') | enum('new','paid') | false",
                "enum('a','A') | enum('a','A') | false",
                "enum('a','ä') | enum('a','ä') | false"
            })
    void labelsMustAllBeThere(String from, String to, boolean all) {
        assertThat(TextRoom.takesAll(column(from, "enum", 4, "latin1"), column(to, "enum", 4, "utf8mb4")))
                .isEqualTo(all);
    }

    private static MySqlColumn column(String columnType, String dataType, long length, String charset) {
        return new MySqlColumn(
                "c", columnType, dataType, charset, charset + "_bin", true, false, false, false, length, 0);
    }
}
