package dev.shoofly.database.control;

import static org.assertj.core.api.Assertions.assertThat;

import dev.shoofly.model.RowKey;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class MisfitTest {
    @Test
    void keepsWhatTheServerSaidButNotTheValue() {
        assertThat(Misfit.withoutValues("Incorrect integer value: 'it's 'secret'' for column 'n'"))
                .isEqualTo("Incorrect integer value for column 'n'");
        assertThat(Misfit.withoutValues("Truncated incorrect DOUBLE value: 'secret'"))
                .isEqualTo("Truncated incorrect DOUBLE value");
        assertThat(Misfit.withoutValues("Data too long for column 'note'"))
                .isEqualTo("Data too long for column 'note'");
    }

    @Test
    void tellsHowManyWhereAndWhichFirst() {
        Misfits two = new Misfits(2, new TreeMap<>(Map.of("a", 1L, "n", 1L)), List.of(RowKey.of("4"), RowKey.of("7")));
        assertThat(two.words()).isEqualTo("2 rows of the new table do not fit the old one (a: 1, n: 1; key 4, 7)");
        assertThat(new Misfits(1, Map.of("n", 1L), List.of(RowKey.of("4"))).words())
                .isEqualTo("1 row of the new table does not fit the old one (n: 1; key 4)");
    }
}
