package dev.shoofly.cli.input;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.shoofly.model.KeyColumn;
import dev.shoofly.model.KeyDefinition;
import dev.shoofly.model.KeyEquality;
import dev.shoofly.model.KeyType;
import dev.shoofly.model.RowKey;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Keys on the command line: what was typed is looked for, and nothing else. */
class KeyListTest {
    private static final KeyColumn NUMBER =
            new KeyColumn("shop", "shop", KeyType.INTEGER, KeyEquality.EXACT, "int", "int");
    private static final KeyColumn TEXT =
            new KeyColumn("code", "code", KeyType.TEXT, KeyEquality.EXACT, "text", "text");
    private static final KeyDefinition BOTH = new KeyDefinition("PRIMARY", List.of(NUMBER, TEXT));

    @Test
    void takesSingleValuesAndSeveralPerKeyQuotedOrNot() {
        assertThat(KeyList.parse("4711, 4712")).containsExactly(List.of("4711"), List.of("4712"));
        assertThat(KeyList.parse("(7,'a'), (8,'b, c'),(9, d e )"))
                .containsExactly(List.of("7", "a"), List.of("8", "b, c"), List.of("9", "d e"));
        assertThat(KeyList.parse("('it''s', ''),(\"a\"\"b\",x)"))
                .containsExactly(List.of("it's", ""), List.of("a\"b", "x"));
    }

    @Test
    void takesBackWhatShooflyPrints() {
        RowKey key = RowKey.of("7", "a");
        assertThat(KeyList.typed(KeyList.parse(key.toString()), BOTH)).containsExactly(key);
        assertThat(KeyList.parse("[\"7\",\"a\"]")).containsExactly(List.of("7", "a"));
    }

    @Test
    void bringsValuesIntoTheFormThatTheKeyHas() {
        assertThat(KeyList.typed(List.of(List.of("007", " x")), BOTH)).containsExactly(RowKey.of("7", " x"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "1,", "(1", "(1]", "'a", "1)", "(1)(2)", "()", "a'b'"})
    void refusesWhatIsNoList(String text) {
        assertThatThrownBy(() -> KeyList.parse(text))
                .isInstanceOf(UsageException.class)
                .hasMessageContaining("--keys: ");
    }

    @Test
    void saysWhichValueIsNoneOfItsColumnAndWhichColumnsTheKeyHas() {
        assertThatThrownBy(() -> KeyList.typed(List.of(List.of("x", "y")), BOTH))
                .hasMessageContaining("'x' is no value of column shop (int)");
        assertThatThrownBy(() -> KeyList.typed(List.of(List.of("1")), BOTH)).hasMessageContaining("[shop, code]");
    }
}
