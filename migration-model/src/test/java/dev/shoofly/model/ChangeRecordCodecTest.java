package dev.shoofly.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.shoofly.model.ChangeRecord.DirtyKey;
import dev.shoofly.model.ChangeRecord.Marker;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class ChangeRecordCodecTest {
    static Stream<ChangeRecord> records() {
        return Stream.of(
                new DirtyKey(RowKey.of("7"), "", 0),
                new DirtyKey(RowKey.of("ö", ""), "3E11FA47-71CA-11E1-9E33-C80AA9429562:23", Long.MAX_VALUE),
                new DirtyKey(RowKey.of("7"), "42", 1, 0),
                new DirtyKey(RowKey.of("a", "b", "c"), "42", 1, Long.MAX_VALUE),
                new Marker(0, "", 0),
                new Marker(Long.MAX_VALUE, "42", 1));
    }

    @ParameterizedTest
    @MethodSource("records")
    void whatIsReadIsWhatWasWritten(ChangeRecord record) {
        assertThat(ChangeRecordCodec.decode(ChangeRecordCodec.encode(record))).isEqualTo(record);
    }

    @ParameterizedTest
    @MethodSource("records")
    void aRecordThatWasCutShortIsRefused(ChangeRecord record) {
        byte[] bytes = ChangeRecordCodec.encode(record);
        for (int length = 0; length < bytes.length; length++) {
            byte[] part = Arrays.copyOf(bytes, length);
            assertThatThrownBy(() -> ChangeRecordCodec.decode(part))
                    .as("%d of %d bytes", length, bytes.length)
                    .isInstanceOf(IllegalArgumentException.class);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2, 3, 0x14, 0x21, 0xff})
    void aKindThatIsNotKnownIsRefusedForASkippedRecordWouldBeALostRow(int kind) {
        byte[] bytes = ChangeRecordCodec.encode(new DirtyKey(new RowKey(List.of("7")), "42", 1));
        bytes[0] = (byte) kind;
        assertThatThrownBy(() -> ChangeRecordCodec.decode(bytes))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("unknown kind");
    }
}
