package dev.shoofly.capture.event;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import org.junit.jupiter.api.Test;

final class EnumLabelsTest {
    private static final String TYPE = "enum('a','d,e','it''s','','back\\\\slash','new\\nline')";

    @Test
    void labelsAreNumberedFromOne() {
        EnumLabels labels = EnumLabels.of(TYPE, TYPE);
        assertThat(labels.label(1)).isEqualTo("a");
        assertThat(labels.label(2)).isEqualTo("d,e");
        assertThat(labels.label(3)).isEqualTo("it's");
        assertThat(labels.label(4)).isEmpty();
        assertThat(labels.label(5)).isEqualTo("back\\slash");
        assertThat(labels.label(6)).isEqualTo("new\nline");
    }

    @Test
    void zeroIsTheEmptyTextOfAnInvalidValue() {
        assertThat(EnumLabels.of(TYPE, TYPE).label(0)).isEmpty();
    }

    @Test
    void labelsMayBeAddedAtTheEnd() {
        assertThat(EnumLabels.of("enum('a')", "enum('a','b')").label(2)).isEqualTo("b");
        assertThat(EnumLabels.of("enum('a','b')", "enum('a')").label(2)).isEqualTo("b");
    }

    @Test
    void reorderedLabelsAreRefused() {
        assertThatIllegalArgumentException().isThrownBy(() -> EnumLabels.of("enum('a','b')", "enum('b','a')"));
    }

    @Test
    void anUnknownNumberIsNotGuessed() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> EnumLabels.of("enum('a')", "enum('a')").label(2));
    }
}
