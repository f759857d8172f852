package dev.shoofly.database.mysql;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ProcessorsTest {
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {"0|1", "0-1|2", "0-63|64", "0-3,8|5", "0-3, 8-11|8", "''|0", "all|0", "3-1|0", "0-|0", "0-1,x|0"})
    void areCountedInListsOfRanges(String ids, int count) {
        assertThat(Processors.count(ids)).isEqualTo(count);
    }
}
