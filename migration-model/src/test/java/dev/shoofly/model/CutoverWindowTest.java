package dev.shoofly.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Instant;
import java.time.ZonedDateTime;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class CutoverWindowTest {
    private static final String AMSTERDAM = "[Europe/Amsterdam]";

    private static Instant at(String zoned) {
        return ZonedDateTime.parse(zoned).toInstant();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "02:00-04:00 Europe/Amsterdam | 2026-01-15T01:59:59+01:00 | false",
                "02:00-04:00 Europe/Amsterdam | 2026-01-15T02:00:00+01:00 | true",
                "02:00-04:00 Europe/Amsterdam | 2026-01-15T03:59:59+01:00 | true",
                "02:00-04:00 Europe/Amsterdam | 2026-01-15T04:00:00+01:00 | false",
                "02:00-04:00 Europe/Amsterdam | 2026-07-15T00:30:00Z | true",
                "22:30-01:15 UTC | 2026-01-15T22:29:59Z | false",
                "22:30-01:15 UTC | 2026-01-15T23:59:59Z | true",
                "22:30-01:15 UTC | 2026-01-15T01:14:00Z | true",
                "22:30-01:15 UTC | 2026-01-15T01:15:00Z | false",
                "22:00-24:00 UTC | 2026-01-15T23:59:59Z | true",
                "22:00-24:00 UTC | 2026-01-16T00:00:00Z | false",
                // 2026-01-16 is a Friday: its window goes on in the night to Saturday, Sunday's does not begin.
                "Mon-Fri 22:00-02:00 UTC | 2026-01-17T01:00:00Z | true",
                "Mon-Fri 22:00-02:00 UTC | 2026-01-17T23:00:00Z | false",
                "Mon-Fri 22:00-02:00 UTC | 2026-01-19T01:00:00Z | false",
                "sat, sun 03:00-04:00; Mon 12:00-13:00 UTC | 2026-01-17T03:30:00Z | true",
                "sat, sun 03:00-04:00; Mon 12:00-13:00 UTC | 2026-01-17T12:30:00Z | false",
                "sat, sun 03:00-04:00; Mon 12:00-13:00 UTC | 2026-01-19T12:30:00Z | true",
                "Sat-Mon 03:00-04:00 13:00-14:00 UTC | 2026-01-18T13:30:00Z | true"
            })
    void isOpenWhileAClockOfThatPlaceShowsATimeInIt(String window, String time, boolean open) {
        assertThat(CutoverWindow.parse(window).isOpen(at(time))).isEqualTo(open);
    }

    @Test
    void tellsWhenItOpensAndIsShutNext() {
        CutoverWindow window = CutoverWindow.parse("Sun 02:00-04:00 Europe/Amsterdam");
        Instant wednesday = at("2026-01-14T12:00:00+01:00");
        assertThat(window.opensAt(wednesday)).contains(at("2026-01-18T02:00:00+01:00"));
        assertThat(window.shutsAt(wednesday)).isEmpty();
        Instant open = at("2026-01-18T03:00:00+01:00");
        assertThat(window.opensAt(open)).isEmpty();
        assertThat(window.shutsAt(open)).contains(at("2026-01-18T04:00:00+01:00"));
        assertThat(window.opensAt(at("2026-01-18T04:00:00+01:00"))).contains(at("2026-01-25T02:00:00+01:00"));
        assertThat(window.report(wednesday, "k3mz8q2x"))
                .satisfies(report -> assertThat(report.blocks()).isTrue())
                .satisfies(report -> assertThat(report.opensAt()).isEqualTo("2026-01-18 02:00:00 CET"))
                .satisfies(report -> assertThat(report.remedy()).contains("--force window"));
    }

    /** On 2026-03-29 clocks in Amsterdam go from 02:00 to 03:00. */
    @Test
    void anHourThatTheClocksLeaveOutDoesNotOpenIt() {
        CutoverWindow left = CutoverWindow.parse("02:15-02:45 Europe/Amsterdam");
        assertThat(left.opensAt(at("2026-03-28T12:00:00+01:00" + AMSTERDAM)))
                .as("the next day has no such time")
                .contains(at("2026-03-30T02:15:00+02:00" + AMSTERDAM));
        CutoverWindow reaches = CutoverWindow.parse("02:15-03:30 Europe/Amsterdam");
        assertThat(reaches.opensAt(at("2026-03-28T12:00:00+01:00" + AMSTERDAM)))
                .as("the moment at which the clocks show a time in it")
                .contains(at("2026-03-29T03:00:00+02:00" + AMSTERDAM));
        assertThat(reaches.shutsAt(at("2026-03-29T03:00:00+02:00" + AMSTERDAM)))
                .contains(at("2026-03-29T03:30:00+02:00" + AMSTERDAM));
    }

    /** On 2026-10-25 clocks in Amsterdam go from 03:00 back to 02:00. */
    @Test
    void anHourThatTheClocksRepeatOpensItTwice() {
        CutoverWindow window = CutoverWindow.parse("02:15-02:45 Europe/Amsterdam");
        assertThat(window.opensAt(at("2026-10-25T01:00:00+02:00"))).contains(at("2026-10-25T02:15:00+02:00"));
        assertThat(window.shutsAt(at("2026-10-25T02:30:00+02:00"))).contains(at("2026-10-25T02:45:00+02:00"));
        assertThat(window.opensAt(at("2026-10-25T02:50:00+02:00"))).contains(at("2026-10-25T02:15:00+01:00"));
        CutoverWindow whole = CutoverWindow.parse("02:00-03:00 Europe/Amsterdam");
        assertThat(whole.shutsAt(at("2026-10-25T02:30:00+02:00")))
                .as("without an end in between")
                .contains(at("2026-10-25T03:00:00+01:00"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "02:00-04:00",
                "Europe/Amsterdam",
                "02:00-04:00 Europe/Nowhere",
                "2:00-4:00 UTC",
                "02:00-02:00 UTC",
                "24:00-01:00 UTC",
                "02:00-25:00 UTC",
                "02:60-03:00 UTC",
                "Someday 02:00-03:00 UTC",
                "xyz 02:00-03:00 UTC",
                "02:00-03:00 Sun UTC"
            })
    void refusesWhatIsNoWindow(String text) {
        assertThatThrownBy(() -> CutoverWindow.parse(text))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("must be times and a time zone");
    }
}
