package dev.shoofly.database.connection;

import static org.assertj.core.api.Assertions.assertThat;

import dev.shoofly.model.ErrorKind;
import dev.shoofly.model.ShooflyException;
import java.sql.SQLException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SqlErrorsTest {
    @ParameterizedTest(name = "{0} {1} {2}")
    @CsvSource(delimiter = '|', textBlock = """
                    The table 'orders' is full                                                        | HY000 | 1114
                    Disk full (./shop/t.ibd); waiting for someone to free some space...               | HY000 | 1021
                    Error writing file '/tmp/MLabc' (errno: 28 - No space left on device)             | HY000 | 1026
                    Error writing file './binlog.000002' (OS errno 28 - No space left on device)      | HY000 | 3
                    Got error 28 - 'No space left on device' from storage engine                      | HY000 | 1030
                    Got error 122 - 'Internal (unspecified) error in handler' from storage engine     | HY000 | 1030
                    Temporary file write failure.                                                     | HY000 | 1878
                    Create table/tablespace 'x' failed, as disk is full.                              | HY000 | 3675
                    could not extend file "base/5/16384": No space left on device                     | 53100 | 0
                    could not write to file "base/pgsql_tmp/x": Disk quota exceeded                   | XX000 | 0
                    """)
    void aFullDiskIsNeitherRefusedNorTriedAgain(String words, String state, int code) {
        ShooflyException wrapped =
                new ShooflyException(ErrorKind.REFUSED, "copying failed", new SQLException(words, state, code));
        assertThat(SqlErrors.isDiskFull(wrapped)).isTrue();
        assertThat(SqlErrors.isTransient(wrapped)).isFalse();
        assertThat(SqlErrors.kind(new SQLException(words, state, code))).isEqualTo(ErrorKind.NO_SPACE);
    }

    @ParameterizedTest(name = "{0} {1} {2}")
    @CsvSource(delimiter = '|', textBlock = """
                    Duplicate entry 'No space left on device' for key 'notes'                         | 23000 | 1062
                    duplicate key value (note)=(no space left on device)                              | 23505 | 0
                    Got error 168 - 'Unknown (generic) error from engine' from storage engine         | HY000 | 1030
                    temporary file size exceeds temp_file_limit                                       | 53400 | 0
                    """)
    void whatOnlySoundsLikeAFullDiskIsNone(String words, String state, int code) {
        assertThat(SqlErrors.isDiskFull(new SQLException(words, state, code))).isFalse();
    }

    @ParameterizedTest(name = "{0} {1} {2}")
    @CsvSource(delimiter = '|', textBlock = """
                    sorry, too many clients already                                                   | 53300 | 0
                    Too many connections                                                              | 08004 | 1040
                    Query execution was interrupted                                                   | 70100 | 1317
                    """)
    void whatPassesByItselfIsTriedAgain(String words, String state, int code) {
        assertThat(SqlErrors.kind(new SQLException(words, state, code))).isEqualTo(ErrorKind.TRANSIENT);
    }

    @Test
    void knowsTheKindWithoutACause() {
        assertThat(SqlErrors.isDiskFull(new ShooflyException(ErrorKind.NO_SPACE, "an applier elsewhere")))
                .isTrue();
        assertThat(SqlErrors.isDiskFull(new ShooflyException(ErrorKind.TRANSIENT, "something else")))
                .isFalse();
    }
}
