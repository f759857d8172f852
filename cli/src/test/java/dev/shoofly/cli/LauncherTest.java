package dev.shoofly.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The launcher in a project of one source file, with programs in place of Java and Maven that write down their arguments. */
class LauncherTest {
    private static final FileTime LONG_AGO = FileTime.from(Instant.EPOCH);

    @TempDir
    private Path directory;

    private Path home;
    private Path programs;
    private Path source;

    @BeforeEach
    void makeAProject() throws IOException {
        home = Files.createDirectories(directory.resolve("a home with blanks"));
        programs = Files.createDirectories(directory.resolve("programs"));
        Files.copy(Path.of("..", "shoofly"), home.resolve("shoofly"));
        Files.writeString(home.resolve("pom.xml"), "");
        source = Files.createDirectories(home.resolve("cli/src/main")).resolve("Some.java");
        Files.writeString(source, "");
        program(
                "mvn",
                "echo \"$@\" >> '" + directory.resolve("builds") + "'; echo maven says so; exit ${MAVEN_STATUS:-0}");
        java("17.0.9");
    }

    private void java(String version) throws IOException {
        program(
                "java",
                "if [ \"$1\" = -version ]; then echo 'openjdk version \"" + version + "\" 2024' >&2; exit 0; fi\n"
                        + "nice >> '" + directory.resolve("nice") + "'; printf '%s\\n' \"$@\" > '"
                        + directory.resolve("arguments") + "'; exit 7");
    }

    private void program(String name, String script) throws IOException {
        Path file = Files.writeString(programs.resolve(name), "#!/bin/sh\n" + script + "\n");
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
    }

    private record Run(int status, String output) {}

    private Run run(Path launcher, Map<String, String> environment, String... words) throws Exception {
        List<String> command = new ArrayList<>(List.of(launcher.toString()));
        command.addAll(List.of(words));
        Path output = directory.resolve("output");
        ProcessBuilder builder = new ProcessBuilder(command)
                .directory(directory.toFile())
                .redirectErrorStream(true)
                .redirectOutput(output.toFile());
        builder.environment().remove("JAVA_HOME");
        builder.environment().put("PATH", programs + ":/usr/bin:/bin");
        builder.environment().putAll(environment);
        Process process = builder.start();
        assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
        return new Run(process.exitValue(), Files.readString(output));
    }

    private Run run(String... words) throws Exception {
        return run(home.resolve("shoofly"), Map.of(), words);
    }

    private List<String> lines(String file) throws IOException {
        return Files.exists(directory.resolve(file)) ? Files.readAllLines(directory.resolve(file)) : List.of();
    }

    @Test
    void passesArgumentsAndTheExitCodeOnUnchanged() throws Exception {
        Run run = run("migrate", "--alter", "ADD COLUMN \"a b\" int", "", "*");

        assertThat(run.status()).isEqualTo(7);
        assertThat(run.output()).isEmpty();
        assertThat(lines("arguments"))
                .endsWith("dev.shoofly.cli.Main", "migrate", "--alter", "ADD COLUMN \"a b\" int", "", "*")
                .contains(home.toRealPath().resolve("cli/target/shoofly.jar").toString());
    }

    @Test
    void findsItsHomeThroughLinks() throws Exception {
        Path link = Files.createSymbolicLink(directory.resolve("first"), Path.of("a home with blanks/shoofly"));
        Path second = Files.createSymbolicLink(directory.resolve("second link"), link);

        assertThat(run(second, Map.of(), "--version").status()).isEqualTo(7);
        assertThat(lines("arguments"))
                .contains(home.toRealPath().resolve("cli/target/shoofly.jar").toString());
    }

    @Test
    void buildsOnceAndAgainOnlyWhenASourceIsNewer() throws Exception {
        run("list");
        run("list");
        assertThat(lines("builds")).hasSize(1).allMatch(line -> line.contains("-Pquick"));

        Files.setLastModifiedTime(home.resolve("cli/target/launcher.stamp"), LONG_AGO);
        run("list");
        assertThat(lines("builds")).hasSize(2);
    }

    @Test
    void showsWhatMavenSaidWhenTheBuildFailsAndBuildsAgainNextTime() throws Exception {
        Run run = run(home.resolve("shoofly"), Map.of("MAVEN_STATUS", "3"), "list");

        assertThat(run.status()).isEqualTo(1);
        assertThat(run.output()).contains("maven says so").contains("the build failed with status 3");
        assertThat(lines("arguments")).isEmpty();
        assertThat(run("list").status()).isEqualTo(7);
        assertThat(lines("builds")).hasSize(2);
    }

    @Test
    void sparesTheSecondCompilerAndInVerbsThatEndAtOnceTheConcurrentCollector() throws Exception {
        run("status", "orders");
        assertThat(lines("arguments")).contains("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC");

        run("--verbose", "migrate", "--table", "orders");
        assertThat(lines("arguments")).contains("-XX:TieredStopAtLevel=1").doesNotContain("-XX:+UseSerialGC");

        run(
                home.resolve("shoofly"),
                Map.of("SHOOFLY_JAVA_OPTS", "-XX:TieredStopAtLevel=4"),
                "migrate",
                "--table",
                "orders");
        assertThat(lines("arguments")).containsSubsequence("-XX:TieredStopAtLevel=1", "-XX:TieredStopAtLevel=4");
    }

    @Test
    void aMigrationStepsBackForOthersOnTheMachine() throws Exception {
        run("status", "orders");
        run("migrate", "--table", "orders");
        run(home.resolve("shoofly"), Map.of("SHOOFLY_NICE", "3"), "resume", "orders");
        List<Integer> found = lines("nice").stream().map(Integer::valueOf).toList();
        int ours = found.get(0);
        assertThat(found).containsExactly(ours, Math.min(19, ours + 10), Math.min(19, ours + 3));
    }

    @Test
    void splitsTheJavaOptionsAtBlanks() throws Exception {
        run(home.resolve("shoofly"), Map.of("SHOOFLY_JAVA_OPTS", "-Xmx4g -Dx=y"), "list");

        assertThat(lines("arguments"))
                .containsSubsequence("-Xmx1g", "-Xmx4g", "-Dx=y")
                // Java takes one collector only, and these options may name another.
                .doesNotContain("-XX:+UseSerialGC");
    }
}
