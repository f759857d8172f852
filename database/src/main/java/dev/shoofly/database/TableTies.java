package dev.shoofly.database;

import java.util.ArrayList;
import java.util.List;

/**
 * What a table has and what hangs on it, for people.
 *
 * @param carriedOver a line for each kind, with names
 * @param locked other tables that the swap of a shadow locks, too, as long as the table
 */
public record TableTies(List<String> carriedOver, List<StepImpact.TableLock> locked) {
    public TableTies {
        carriedOver = List.copyOf(carriedOver);
        locked = List.copyOf(locked);
    }

    /** Collects the lines, in the order in which they come. */
    public static final class Lines {
        private static final int NAMES_AT_MOST = 12;
        private final List<String> lines = new ArrayList<>();

        public Lines add(String line) {
            lines.add(line);
            return this;
        }

        /**
         * Nothing if there are no names.
         *
         * @param more behind the names; may be empty
         */
        public Lines add(String kind, List<String> names, String more) {
            if (!names.isEmpty()) {
                int left = names.size() - NAMES_AT_MOST;
                String shown = String.join(", ", names.subList(0, Math.min(NAMES_AT_MOST, names.size())));
                lines.add(kind + ": " + shown + (left > 0 ? " and " + left + " more" : "") + more);
            }
            return this;
        }

        public TableTies locking(List<StepImpact.TableLock> others) {
            return new TableTies(lines, others);
        }
    }
}
