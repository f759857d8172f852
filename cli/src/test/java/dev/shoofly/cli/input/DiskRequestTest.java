package dev.shoofly.cli.input;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.shoofly.model.DiskSettings;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class DiskRequestTest {

    private static DiskSettings.Change of(Setting setting, String text) {
        return DiskRequest.of(new Settings.Builder().put(setting, text).build());
    }

    @Test
    void changesNothingThatIsNotGiven() {
        assertThat(DiskRequest.of(Settings.NONE).isNone()).isTrue();
        DiskSettings saved = new DiskSettings(7, "SELECT 1");
        assertThat(of(Setting.DISK_RESERVE, "1KB").of(saved)).isEqualTo(new DiskSettings(1024, "SELECT 1"));
        assertThat(of(Setting.DISK_QUERY, "SELECT 2").of(saved)).isEqualTo(new DiskSettings(7, "SELECT 2"));
    }

    @ParameterizedTest
    @CsvSource({"500MB, 524288000", "20gb, 21474836480", "1 TB, 1099511627776", "0GB, 0", "off, -1"})
    void takesSizesInTheServersUnits(String text, long bytes) {
        assertThat(of(Setting.DISK_RESERVE, text).reserveBytes()).hasValue(bytes);
    }

    @ParameterizedTest
    @ValueSource(strings = {"20", "20 G", "-1GB", "1.5GB", "much", "9999999TB"})
    void namesTheFormOfASizeThatIsNone(String text) {
        assertThatThrownBy(() -> of(Setting.DISK_RESERVE, text))
                .isInstanceOf(UsageException.class)
                .hasMessageContaining("--disk-reserve must be a number with its unit, such as 500MB or 20GB, or off");
    }

    @Test
    void refusesAnEmptyQuery() {
        assertThatThrownBy(() -> of(Setting.DISK_QUERY, " ")).hasMessageContaining("--disk-query must not be empty");
    }
}
