package dev.shoofly.cli.input;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class YamlFileTest {
    @TempDir
    private Path directory;

    private Settings read(String text) throws IOException {
        return YamlFile.read(Files.writeString(directory.resolve("migration.yaml"), text));
    }

    @Test
    void readsScalarsAndAListOfAlters() throws IOException {
        Settings settings = read("""
                # the order table
                table: shop.orders
                partitions: 4
                detach: true
                lock-timeout: 500ms
                alter:
                  - ADD COLUMN a int
                  - DROP COLUMN b
                """);

        assertThat(settings.one(Setting.TABLE)).contains("shop.orders");
        assertThat(settings.one(Setting.PARTITIONS)).contains("4");
        assertThat(settings.one(Setting.DETACH)).contains("true");
        assertThat(settings.one(Setting.LOCK_TIMEOUT)).contains("500ms");
        assertThat(settings.all(Setting.ALTER)).containsExactly("ADD COLUMN a int", "DROP COLUMN b");
    }

    @ParameterizedTest
    @EnumSource(Setting.class)
    void knowsEveryOptionByItsName(Setting setting) throws IOException {
        assertThat(read(setting.key() + ": x").one(setting)).contains("x");
    }

    @Test
    void reportsAllUnknownKeysTogether() {
        assertThatThrownBy(() -> read("tabel: orders\nalter: x\nchunkRows: 5\n"))
                .isInstanceOfSatisfying(
                        UsageException.class,
                        error -> assertThat(error.problems())
                                .hasSize(2)
                                .anyMatch(problem -> problem.contains("unknown key 'tabel'"))
                                .anyMatch(problem -> problem.contains("unknown key 'chunkRows'")));
    }

    @Test
    void refusesAPasswordWithoutRepeatingIt() {
        assertThatThrownBy(() -> read("password: geheim\n"))
                .isInstanceOf(UsageException.class)
                .hasMessageContaining("password-env")
                .hasMessageNotContaining("geheim");
    }

    @Test
    void refusesAKeyThatStandsTwice() {
        assertThatThrownBy(() -> read("table: a\ntable: b\n"))
                .isInstanceOf(UsageException.class)
                .hasMessageContaining("Duplicate");
    }

    @Test
    void refusesListsAndMappingsWhereOneValueBelongs() {
        assertThatThrownBy(() -> read("table: [a, b]\nalter: {x: y}\n"))
                .isInstanceOfSatisfying(
                        UsageException.class,
                        error -> assertThat(error.problems()).hasSize(2));
    }

    @Test
    void namesTheFileThatIsNotThere() {
        assertThatThrownBy(() -> YamlFile.read(directory.resolve("none.yaml")))
                .isInstanceOf(UsageException.class)
                .hasMessageContaining("none.yaml: there is no such file");
    }

    @Test
    void refusesTextThatIsNoMapping() {
        assertThatThrownBy(() -> read("just words")).isInstanceOf(UsageException.class);
        assertThatThrownBy(() -> read("a: [unclosed")).isInstanceOf(UsageException.class);
        assertThatThrownBy(() -> read("")).isInstanceOf(UsageException.class);
    }
}
