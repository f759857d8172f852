package dev.shoofly.database;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

final class DefinitionChangeTest {
    @Test
    void namesWhatIsNewAndWhatIsGone() {
        assertThat(DefinitionChange.between("a,\n b\nc", "a,\n c\nd")).contains("new: d; gone: b");
    }

    @Test
    void isEmptyForTheSame() {
        assertThat(DefinitionChange.between("a\nb", "a\nb")).isEmpty();
    }

    @Test
    void knowsAnotherOrder() {
        assertThat(DefinitionChange.between("a\nb", "b\na")).contains("its parts are in another order");
    }

    @Test
    void abbreviates() {
        assertThat(DefinitionChange.between("", "1\n2\n3\n4\n5\n6")).contains("new: 1, 2, 3, 4, 5, …");
    }
}
