package dev.shoofly.coordinator.picture;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.UnaryOperator;

/**
 * What there is at one moment.
 *
 * @param lines each says one thing; the same line may be there more than once
 */
public record Picture(List<String> lines) {
    public Picture {
        lines = lines.stream().sorted().toList();
    }

    /** Both together. */
    public Picture and(Picture other) {
        List<String> all = new ArrayList<>(lines);
        all.addAll(other.lines);
        return new Picture(all);
    }

    public Picture with(UnaryOperator<String> change) {
        return new Picture(lines.stream().map(change).toList());
    }

    /** For people: what is not there any more, and what came; empty: nothing. */
    public List<String> differences(Picture later) {
        Map<String, Integer> balance = new TreeMap<>();
        lines.forEach(line -> balance.merge(line, 1, Integer::sum));
        later.lines.forEach(line -> balance.merge(line, -1, Integer::sum));
        List<String> differences = new ArrayList<>();
        balance.forEach((line, count) -> {
            String words = (count > 0 ? "gone: " : "came: ") + line;
            differences.addAll(Collections.nCopies(Math.abs(count), words));
        });
        return differences;
    }
}
