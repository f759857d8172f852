package dev.shoofly.database.replay;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class WordsTest {
    @Test
    void onlyAnOrderByTheWholeKeyOfOneTableIsAnOrder() {
        assertThat(of("SELECT * FROM orders ORDER BY id").isOrdered()).isTrue();
        assertThat(of("SELECT * FROM orders o WHERE a = 1 ORDER BY note DESC , o . ID ASC LIMIT 5")
                        .isOrdered())
                .isTrue();
        assertThat(of("SELECT * FROM orders ORDER BY note").isOrdered()).isFalse();
        assertThat(of("SELECT * FROM orders ORDER BY abs ( id )").isOrdered()).isFalse();
        assertThat(of("SELECT * FROM orders ORDER BY id % 10").isOrdered()).isFalse();
        assertThat(of("SELECT * FROM orders ORDER BY - id").isOrdered()).isFalse();
        assertThat(of("SELECT * FROM orders , lines ORDER BY id").isOrdered()).isFalse();
        assertThat(of("SELECT * FROM orders JOIN lines USING ( id ) ORDER BY id")
                        .isOrdered())
                .isFalse();
        assertThat(of("SELECT id FROM orders UNION ALL SELECT id FROM orders ORDER BY id")
                        .isOrdered())
                .isFalse();
        assertThat(of("SELECT * FROM ( SELECT id FROM orders ORDER BY id ) q").isOrdered())
                .isFalse();
        assertThat(new Words(words("SELECT * FROM orders ORDER BY id"), List.of("id", "region")).isOrdered())
                .isFalse();
    }

    @Test
    void anAnswerThatThePlanCanChangeIsLoose() {
        assertThat(of("SELECT * FROM orders LIMIT 5").loose()).isPresent();
        assertThat(of("SELECT * FROM orders ORDER BY note LIMIT 5").loose()).isPresent();
        assertThat(of("SELECT * FROM orders WHERE id IN ( SELECT id FROM orders LIMIT 5 ) ORDER BY id")
                        .loose())
                .isPresent();
        assertThat(of("SELECT * FROM orders ORDER BY id LIMIT 5").loose()).isEmpty();
        assertThat(of("SELECT string_agg ( note ) FROM orders").loose()).isPresent();
        assertThat(of("SELECT ARRAY ( SELECT id FROM orders )").loose()).isPresent();
        assertThat(of("SELECT id FROM orders WHERE tags = ARRAY [ 1 ]").loose()).isEmpty();
        assertThat(of("SELECT DISTINCT ON ( note ) id FROM orders").loose()).isPresent();
        assertThat(of("SELECT row_number ( ) OVER ( ORDER BY note ) FROM orders")
                        .loose())
                .isPresent();
        assertThat(of("SELECT note , sum ( amount ) FROM orders GROUP BY note").loose())
                .isEmpty();
    }

    private static Words of(String text) {
        return new Words(words(text), List.of("id"));
    }

    private static List<Words.Word> words(String text) {
        List<Words.Word> words = new ArrayList<>();
        int depth = 0;
        for (String word : text.split(" ", -1)) {
            depth -= word.equals(")") ? 1 : 0;
            words.add(new Words.Word(word, depth));
            depth += word.equals("(") ? 1 : 0;
        }
        return words;
    }
}
