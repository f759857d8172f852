package dev.shoofly.database.control;

import static org.assertj.core.api.Assertions.assertThat;

import dev.shoofly.model.ColumnMapping;
import dev.shoofly.model.CutoverSettings;
import dev.shoofly.model.MigrationSpec;
import dev.shoofly.model.Split;
import dev.shoofly.model.StrategyChoice;
import dev.shoofly.model.Transform;
import java.util.List;
import org.junit.jupiter.api.Test;

class JsonTest {
    private static final MigrationSpec SPEC =
            new MigrationSpec("t", List.of("ADD a int"), StrategyChoice.AUTO, 4, 100, CutoverSettings.DEFAULT);

    @Test
    void keepsTransforms() {
        MigrationSpec computing = SPEC.computing(List.of(new Transform("\"a\"", "concat(b, '\"\\\n')")));
        assertThat(Json.read(Json.write(computing), MigrationSpec.class)).isEqualTo(computing);
    }

    @Test
    void keepsWhatAPartIsAPartOf() {
        Split split =
                new Split(List.of("ADD a int, ADD b int"), List.of(List.of("ADD a int"), List.of("ADD b int")), 1);
        MigrationSpec part = Json.read(Json.write(SPEC.part(split)), MigrationSpec.class);
        assertThat(part.split()).isEqualTo(split);
        assertThat(part.alters()).containsExactly("ADD b int");
        assertThat(Json.read(Json.write(SPEC).replace(",\"split\":null", ""), MigrationSpec.class))
                .isEqualTo(SPEC);
    }

    @Test
    void readsWhatWasSavedBeforeThereWereTransforms() {
        String saved = Json.write(SPEC).replace(",\"transforms\":[]", "");
        assertThat(saved).doesNotContain("transforms");
        assertThat(Json.read(saved, MigrationSpec.class)).isEqualTo(SPEC);

        ColumnMapping mapping = new ColumnMapping("a", "b", "b", "int", false, false);
        String savedMapping = Json.write(mapping).replace(",\"computed\":false", "");
        assertThat(savedMapping).doesNotContain("computed");
        assertThat(Json.read(savedMapping, ColumnMapping.class)).isEqualTo(mapping);
    }
}
