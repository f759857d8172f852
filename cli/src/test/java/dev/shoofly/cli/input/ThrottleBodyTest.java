package dev.shoofly.cli.input;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.shoofly.model.throttle.CopyPace;
import dev.shoofly.model.throttle.ReplicaLag;
import dev.shoofly.model.throttle.ReplicaLimits;
import dev.shoofly.model.throttle.ThrottleSettings;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ThrottleBodyTest {
    private static ThrottleChange read(String json) {
        return ThrottleBody.read(json.getBytes(StandardCharsets.UTF_8));
    }

    @Test
    void takesTextsNumbersAndLists() {
        assertThat(read("{\"throttle-io\": 30, \"copy-threads\": \"2\", \"max-lag\": [\"1s\", \"db2:3306=10s\"]}")
                        .applyTo(ThrottleSettings.DEFAULT))
                .isEqualTo(ThrottleSettings.DEFAULT
                        .with(new CopyPace(30, 2, null))
                        .with(ReplicaLimits.listed(Duration.ofSeconds(1))
                                .with(List.of(new ReplicaLag("db2:3306", Duration.ofSeconds(10))))));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "{\"throttle-oi\": 30} | unknown option 'throttle-oi'; known are max-lag, replica,",
                "{\"url\": \"jdbc:mysql://x/y\"} | unknown option 'url'",
                "{\"throttle-io\": 0} | --throttle-io must be from 1 to 100, not '0'",
                "{\"throttle-io\": [\"1\", \"2\"]} | throttle-io must be a single value",
                "{\"throttle-io\": {\"percent\": 3}} | throttle-io must be a single value",
                "{\"replica\": [], \"throttle-io\": 5} | replica has no value",
                "{\"replica\": [\"none\", \"jdbc:mysql://x/y\"]} | replica can only be 'auto' or 'none' here",
                "{\"throttle-io\": null} | throttle-io has no value",
                "{\"throttle-io\": 1, \"throttle-io\": 2} | Duplicate field 'throttle-io'",
                "{\"throttle-io\": 1} {} | not valid JSON",
                "{\"throttle-io\": | not valid JSON",
                "[] | expected a JSON object",
                "`` | expected a JSON object",
                "{} | nothing is to be changed"
            })
    void refusesWhatIsNoChange(String json, String problem) {
        assertThatThrownBy(() -> read(json)).isInstanceOf(UsageException.class).hasMessageContaining(problem);
    }

    @Test
    void namesEveryProblemAtOnce() {
        assertThatThrownBy(() -> read("{\"a\": 1, \"b\": 1}"))
                .hasMessageContaining("unknown option 'a'")
                .hasMessageContaining("unknown option 'b'");
        assertThatThrownBy(() -> read("{\"throttle-io\": 0, \"chunk-time\": \"1h\"}"))
                .hasMessageContaining("--throttle-io")
                .hasMessageContaining("--chunk-time");
    }
}
