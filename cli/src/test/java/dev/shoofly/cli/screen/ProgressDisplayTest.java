package dev.shoofly.cli.screen;

import static org.assertj.core.api.Assertions.assertThat;

import dev.shoofly.coordinator.MigrationSnapshot;
import dev.shoofly.model.MigrationState;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class ProgressDisplayTest {
    private final ByteArrayOutputStream shown = new ByteArrayOutputStream();

    private String show(Screen.Mode mode, MigrationSnapshot... snapshots) {
        Screen screen = new Screen(new PrintStream(shown, true, StandardCharsets.UTF_8), mode, 60);
        try (ProgressDisplay display = ProgressDisplay.start(screen, Optional::empty)) {
            for (MigrationSnapshot snapshot : snapshots) {
                display.show(snapshot);
            }
        }
        return shown.toString(StandardCharsets.UTF_8);
    }

    private static MigrationSnapshot copyingAfter(int seconds) {
        return ProgressTextTest.snapshot(MigrationState.COPYING, Duration.ofSeconds(seconds));
    }

    @Test
    void printsAPlainLinePerChangeOfStateAndEveryTenSeconds() {
        String text = show(
                Screen.Mode.PLAIN,
                copyingAfter(0),
                copyingAfter(1),
                copyingAfter(9),
                copyingAfter(10),
                copyingAfter(11),
                ProgressTextTest.snapshot(MigrationState.VALIDATING, Duration.ofSeconds(12)));

        assertThat(text).doesNotContain("\u001b").doesNotContain("\r");
        assertThat(text.lines().filter(line -> line.contains("COPYING"))).hasSize(2);
        assertThat(text.lines().filter(line -> line.contains("VALIDATING"))).hasSize(1);
    }

    @Test
    void announcesEachPartOfARequest() {
        String text = show(
                Screen.Mode.PLAIN,
                ProgressTextTest.snapshot("k3mz8q2x", MigrationState.COMPLETED, Duration.ofSeconds(12)),
                ProgressTextTest.snapshot("aaaa2222", MigrationState.COMPLETED, Duration.ZERO),
                ProgressTextTest.snapshot("aaaa2222", MigrationState.COMPLETED, Duration.ofSeconds(1)));

        assertThat(text.lines().filter(line -> line.startsWith("migration ")))
                .containsExactly("migration k3mz8q2x of shop.orders", "migration aaaa2222 of shop.orders");
        assertThat(text.lines().filter(line -> line.contains("COMPLETED"))).hasSize(2);
    }

    @Test
    void refreshesOneLineOnATerminalAndNeverLetsItWrap() {
        String text = show(Screen.Mode.TERMINAL, copyingAfter(0), copyingAfter(1), copyingAfter(2));

        assertThat(text).contains("\r\u001b[K");
        String[] drawn = text.split("\r\u001b\\[K", -1);
        assertThat(drawn[drawn.length - 2]).contains("00:00:02").hasSizeLessThan(60);
        assertThat(drawn[drawn.length - 1]).isEmpty();
    }

    @Test
    void staysSilentWhenQuiet() {
        assertThat(show(Screen.Mode.QUIET, copyingAfter(0), copyingAfter(60))).isEmpty();
    }

    @Test
    void usesNoControlCharactersWhereTheyAreNotWanted() {
        assertThat(Screen.mode(Map.of("TERM", "xterm"), true, false)).isEqualTo(Screen.Mode.TERMINAL);
        assertThat(Screen.mode(Map.of("TERM", "xterm"), false, false)).isEqualTo(Screen.Mode.PLAIN);
        assertThat(Screen.mode(Map.of("TERM", "dumb"), true, false)).isEqualTo(Screen.Mode.PLAIN);
        assertThat(Screen.mode(Map.of(), true, false)).isEqualTo(Screen.Mode.PLAIN);
        assertThat(Screen.mode(Map.of("TERM", "xterm", "NO_COLOR", "1"), true, false))
                .isEqualTo(Screen.Mode.PLAIN);
        assertThat(Screen.mode(Map.of("TERM", "xterm"), true, true)).isEqualTo(Screen.Mode.QUIET);
    }
}
