package dev.shoofly.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.shoofly.cli.logging.SecretMask;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The command as its callers see it: exit code, standard output, standard error. No server. */
class CommandLineTest {
    @TempDir
    private Path directory;

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();

    private int run(String... arguments) {
        return Main.run(
                new Invocation(
                        new PrintStream(out, true, StandardCharsets.UTF_8),
                        new PrintStream(err, true, StandardCharsets.UTF_8),
                        Map.of("PW", "geheim-42"),
                        new SecretMask()),
                arguments);
    }

    private String out() {
        return out.toString(StandardCharsets.UTF_8);
    }

    private String err() {
        return err.toString(StandardCharsets.UTF_8);
    }

    @Test
    void endsWithTwoWhenTheVerbIsMissingOrUnknown() {
        assertThat(run()).isEqualTo(2);
        assertThat(run("migrat")).isEqualTo(2);
        assertThat(out()).isEmpty();
        assertThat(err()).contains("a verb is missing").contains("migrat");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "migrate",
                "explain",
                "doctor",
                "status",
                "list",
                "pause",
                "resume",
                "throttle",
                "verify",
                "shadow-traffic",
                "cutover",
                "cancel",
                "demo"
            })
    void showsExamplesInTheHelpOfEveryVerb(String verb) {
        assertThat(run(verb, "--help")).isZero();
        assertThat(out()).contains("Examples:").contains("shoofly " + verb).contains("--verbose");
        assertThat(err()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "migrate",
                "explain",
                "doctor",
                "status",
                "list",
                "pause",
                "resume",
                "throttle",
                "verify",
                "cutover"
            })
    void endsWithTwoWhenNoConnectionIsKnown(String verb) {
        assertThat(run(verb, "--data-dir", directory.toString())).isEqualTo(2);
        assertThat(out()).isEmpty();
        assertThat(err()).contains("--url is missing").contains("shoofly " + verb + " --help");
    }

    @Test
    void refusesAThrottleThatNobodyCouldKeepBeforeItConnects() {
        assertThat(run("throttle", "--throttle-io", "0", "--chunk-time", "1h", "--show"))
                .isEqualTo(2);
        assertThat(err()).contains("--throttle-io must be").contains("--chunk-time must be");
    }

    @Test
    void refusesToVerifyWhatCannotBeUnderstoodBeforeItConnects() {
        assertThat(run("verify", "--sample", "0%")).isEqualTo(2);
        assertThat(run("verify", "--sample", "1.5")).isEqualTo(2);
        assertThat(run("verify", "--keys", "(1,2")).isEqualTo(2);
        assertThat(run("verify", "--keys", "1", "--sample", "1%")).isEqualTo(2);
        assertThat(err())
                .contains("not '0%'")
                .contains("not '1.5'")
                .contains("')' is missing")
                .contains("mutually exclusive");
    }

    @Test
    void refusesToReplayWhatCannotBeUnderstoodBeforeItConnects() {
        assertThat(run("shadow-traffic")).isEqualTo(2);
        assertThat(run("shadow-traffic", "--from", directory + "/none.sql", "--rate", "-1", "--for", "soon"))
                .isEqualTo(2);
        assertThat(err())
                .contains("'--from=FILE|digests'")
                .contains("none.sql")
                .contains("--rate must be above 0")
                .contains("--for must be a number with its unit");
    }

    @Test
    void cancelsNothingThatIsNotNamed() {
        assertThat(run("cancel", "--data-dir", directory.toString())).isEqualTo(2);
        assertThat(err()).contains("ID|TABLE");
    }

    @Test
    void neverTakesAPasswordFromTheCommandLine() {
        assertThat(run("status", "--password", "geheim-42")).isEqualTo(2);
        assertThat(err()).contains("--password").doesNotContain("geheim-42");
    }

    @Test
    void endsWithTwoWhenThePasswordVariableIsNotSet() {
        assertThat(run(connectionTo(1, "OTHER"))).isEqualTo(2);
        assertThat(err()).contains("OTHER").contains("not set");
    }

    @Test
    void endsWithOneAndNamesTheServerWhenNobodyListens() {
        assertThat(run(connectionTo(1, "PW"))).isEqualTo(1);
        assertThat(out()).isEmpty();
        assertThat(err()).contains("127.0.0.1:1").doesNotContain("geheim-42").doesNotContain("\tat ");
        assertThat(directory).isEmptyDirectory();
    }

    @Test
    void showsTheStackOnlyWhenAskedTo() {
        List<String> words = new java.util.ArrayList<>(List.of(connectionTo(1, "PW")));
        words.add("--verbose");

        assertThat(run(words.toArray(String[]::new))).isEqualTo(1);
        assertThat(err()).contains("\tat ").doesNotContain("geheim-42");
    }

    @Test
    void refusesADemoOfAnUnknownDatabaseOrWithoutRows() {
        assertThat(run("demo", "--database", "oracle")).isEqualTo(2);
        assertThat(run("demo", "--rows", "0")).isEqualTo(2);
        assertThat(run("demo", "--rate", "0")).isEqualTo(2);
        assertThat(err()).contains("--database must be postgres or mysql, not 'oracle'");
    }

    @Test
    void tellsItsVersion() {
        assertThat(run("--version")).isZero();
        assertThat(out()).startsWith("shoofly ");
    }

    private String[] connectionTo(int port, String variable) {
        return new String[] {
            "status",
            "--data-dir",
            directory.toString(),
            "--url",
            "jdbc:postgresql://127.0.0.1:" + port + "/shop",
            "--user",
            "admin",
            "--password-env",
            variable
        };
    }
}
