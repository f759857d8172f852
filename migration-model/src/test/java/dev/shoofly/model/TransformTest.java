package dev.shoofly.model;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class TransformTest {
    @ParameterizedTest
    @CsvSource(
            delimiter = '~',
            quoteCharacter = '^',
            value = {
                "full_name=concat(a, '=', b) ~ full_name ~ concat(a, '=', b)",
                " Email = lower(email) ~ Email ~ lower(email)",
                "flag=a=b ~ flag ~ a=b",
                "\"A=b\"=c ~ \"A=b\" ~ c",
                "\"a\"\"=b\" = c ~ \"a\"\"=b\" ~ c",
                "`a=``b`=c ~ `a=``b` ~ c",
                "Ö 😀=1 ~ Ö 😀 ~ 1",
                "\"open=1 ~ \"open ~ 1",
            })
    void theFirstEqualsSignOutsideAQuotedNameParts(String text, String column, String expression) {
        assertThat(Transform.parse(text)).contains(new Transform(column, expression));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "email", "=1", " = 1", "email=", "email = ", "\"a=b\""})
    void aTextWithoutBothIsNone(String text) {
        assertThat(Transform.parse(text)).isEmpty();
    }

    @Test
    void aSpecificationIsAnotherWithOtherTransforms() {
        MigrationSpec spec =
                new MigrationSpec("t", List.of("ADD a int"), StrategyChoice.AUTO, 4, 100, CutoverSettings.DEFAULT);
        MigrationSpec computing = spec.computing(List.of(new Transform("a", "b")));
        assertThat(spec.transforms()).isEmpty();
        assertThat(computing.asksForTheSameAs(spec)).isFalse();
        assertThat(computing.asksForTheSameAs(spec.computing(List.of(new Transform("a", "b")))))
                .isTrue();
    }
}
