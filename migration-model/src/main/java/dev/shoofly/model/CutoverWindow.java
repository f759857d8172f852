package dev.shoofly.model;

import java.time.DateTimeException;
import java.time.DayOfWeek;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.ZoneId;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.time.zone.ZoneOffsetTransition;
import java.time.zone.ZoneRules;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Times of day, on some or all days of the week, in one time zone: {@code 02:00-04:00 Europe/Amsterdam}, or
 * {@code Mon-Fri 22:30-05:00, Sat Sun 01:00-09:00 America/New_York}. It is open whenever a clock on a wall of that zone shows a
 * time in it: an hour that the clocks leave out does not open it, one that they repeat opens it twice.
 */
public final class CutoverWindow {
    /** What a text must be. */
    public static final String FORM =
            "must be times and a time zone, such as \"02:00-04:00 Europe/Amsterdam\" or \"Mon-Fri 22:00-05:00, Sat Sun"
                    + " 01:00-09:00 UTC\"";

    private static final Pattern RANGE = Pattern.compile("(\\d{2}):(\\d{2})-(\\d{2}):(\\d{2})");
    private static final Pattern DAYS = Pattern.compile("([a-z]{3})(?:-([a-z]{3}))?");
    private static final int MINUTES_OF_DAY = 24 * 60;
    /** Every day of the week comes within this, and one more for a window that begins the day before. */
    private static final int DAYS_TO_LOOK_AHEAD = 9;

    private static final DateTimeFormatter SHOWN = DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss z", Locale.ROOT);
    private final List<Range> ranges;
    private final ZoneId zone;
    private final String text;

    /**
     * @param days on which it begins
     * @param endMinute may be less than the start: it ends on the next day then
     */
    private record Range(Set<DayOfWeek> days, int startMinute, int endMinute) {
        boolean holds(LocalDateTime time) {
            int minute = time.getHour() * 60 + time.getMinute();
            DayOfWeek today = time.getDayOfWeek();
            if (startMinute < endMinute) {
                return days.contains(today) && minute >= startMinute && minute < endMinute;
            }
            return days.contains(today) && minute >= startMinute || days.contains(today.minus(1)) && minute < endMinute;
        }
    }

    private CutoverWindow(List<Range> ranges, ZoneId zone, String text) {
        this.ranges = List.copyOf(ranges);
        this.zone = zone;
        this.text = text;
    }

    /** @throws IllegalArgumentException with what the text must be */
    public static CutoverWindow parse(String text) {
        String[] words = text.strip().split("[\\s,;]+");
        List<Range> ranges = new ArrayList<>();
        Set<DayOfWeek> days = EnumSet.noneOf(DayOfWeek.class);
        boolean daysAreUsed = false;
        for (int i = 0; i < words.length - 1; i++) {
            Matcher range = RANGE.matcher(words[i]);
            if (range.matches()) {
                ranges.add(range(range, days.isEmpty() ? EnumSet.allOf(DayOfWeek.class) : EnumSet.copyOf(days)));
                daysAreUsed = true;
            } else {
                if (daysAreUsed) {
                    days.clear();
                    daysAreUsed = false;
                }
                days.addAll(days(words[i]));
            }
        }
        String last = words[words.length - 1];
        if (ranges.isEmpty()
                || !days.isEmpty() && !daysAreUsed
                || RANGE.matcher(last).matches()) {
            throw new IllegalArgumentException(FORM);
        }
        try {
            return new CutoverWindow(ranges, ZoneId.of(last), text.strip());
        } catch (DateTimeException e) {
            throw new IllegalArgumentException(FORM + "; there is no time zone '" + last + "'", e);
        }
    }

    private static Range range(Matcher text, Set<DayOfWeek> days) {
        int start = minute(text.group(1), text.group(2));
        int end = minute(text.group(3), text.group(4));
        if (start == MINUTES_OF_DAY || start == end) {
            throw new IllegalArgumentException(FORM + "; " + text.group() + " is none");
        }
        return new Range(days, start, end);
    }

    private static int minute(String hours, String minutes) {
        int minute = Integer.parseInt(hours) * 60 + Integer.parseInt(minutes);
        if (minute > MINUTES_OF_DAY || Integer.parseInt(minutes) > 59) {
            throw new IllegalArgumentException(FORM + "; " + hours + ":" + minutes + " is no time of day");
        }
        return minute;
    }

    private static Set<DayOfWeek> days(String word) {
        String lower = word.toLowerCase(Locale.ROOT);
        Matcher days = DAYS.matcher(lower);
        if (!days.matches()) {
            throw new IllegalArgumentException(FORM + "; '" + word + "' is neither a day nor a time");
        }
        DayOfWeek first = day(days.group(1), word);
        DayOfWeek last = days.group(2) == null ? first : day(days.group(2), word);
        Set<DayOfWeek> found = EnumSet.of(first);
        for (DayOfWeek day = first; day != last; day = day.plus(1)) {
            found.add(day.plus(1));
        }
        return found;
    }

    private static DayOfWeek day(String letters, String word) {
        for (DayOfWeek day : DayOfWeek.values()) {
            if (day.name().toLowerCase(Locale.ROOT).startsWith(letters)) {
                return day;
            }
        }
        throw new IllegalArgumentException(FORM + "; '" + word + "' is neither a day nor a time");
    }

    /** Whether an attempt may begin at this moment. */
    public boolean isOpen(Instant now) {
        return holds(LocalDateTime.ofInstant(now, zone));
    }

    private boolean holds(LocalDateTime time) {
        return ranges.stream().anyMatch(range -> range.holds(time));
    }

    /** When it opens next; empty when it is open, or when its times never come. */
    public Optional<Instant> opensAt(Instant now) {
        return isOpen(now) ? Optional.empty() : first(now, this::isOpen);
    }

    /** When it is shut next; empty when it is shut, or always open. */
    public Optional<Instant> shutsAt(Instant now) {
        return isOpen(now) ? first(now, instant -> !isOpen(instant)) : Optional.empty();
    }

    private Optional<Instant> first(Instant now, Predicate<Instant> wanted) {
        return edges(now).stream()
                .filter(edge -> edge.isAfter(now))
                .filter(wanted)
                .findFirst();
    }

    /** Every moment at which it can open or be shut: its own times, and those at which the clocks are changed. */
    private Set<Instant> edges(Instant now) {
        ZoneRules rules = zone.getRules();
        Set<Instant> edges = new TreeSet<>();
        LocalDate today = LocalDate.ofInstant(now, zone);
        for (int i = -1; i <= DAYS_TO_LOOK_AHEAD; i++) {
            LocalDateTime midnight = today.plusDays(i).atTime(LocalTime.MIDNIGHT);
            for (Range range : ranges) {
                for (int minute : new int[] {range.startMinute(), range.endMinute()}) {
                    LocalDateTime edge = midnight.plusMinutes(minute);
                    rules.getValidOffsets(edge).forEach(offset -> edges.add(edge.toInstant(offset)));
                }
            }
        }
        Instant horizon = now.plusSeconds(DAYS_TO_LOOK_AHEAD * 86_400L);
        ZoneOffsetTransition transition = rules.nextTransition(now);
        while (transition != null && transition.getInstant().isBefore(horizon)) {
            edges.add(transition.getInstant());
            transition = rules.nextTransition(transition.getInstant());
        }
        return edges;
    }

    /** How the gate is found now. */
    public GateReport report(Instant now, String id) {
        if (isOpen(now)) {
            return GateReport.open(GateName.WINDOW);
        }
        Optional<String> opens = opensAt(now).map(this::shown);
        return new GateReport(
                GateName.WINDOW,
                GateReport.State.SHUT,
                "outside of the cut-over window " + text
                        + opens.map(when -> "; it opens at " + when).orElse(""),
                "wait, or 'shoofly cutover " + id + " --force window'",
                opens.orElse(null));
    }

    private String shown(Instant instant) {
        return SHOWN.format(ZonedDateTime.ofInstant(instant, zone));
    }

    @Override
    public String toString() {
        return text;
    }
}
