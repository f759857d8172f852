package dev.shoofly.cli.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.shoofly.cli.input.UsageException;
import dev.shoofly.model.FaultPoints;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class FaultPointKillTest {
    private final List<Integer> halts = new ArrayList<>();

    @Test
    void endsTheProcessAtTheFirstPassOfANamedPoint() {
        FaultPoints points = FaultPointKill.parse("copy.committed", halts::add);
        points.reach("copy.read");
        assertThat(halts).isEmpty();
        points.reach("copy.committed");
        assertThat(halts).containsExactly(137);
    }

    @Test
    void countsPassesWhenANumberIsGiven() {
        FaultPoints points = FaultPointKill.parse("copy.committed@3", halts::add);
        points.reach("copy.committed");
        points.reach("copy.committed");
        assertThat(halts).isEmpty();
        points.reach("copy.committed");
        points.reach("copy.committed");
        assertThat(halts).hasSize(1);
    }

    @Test
    void doesNothingUnlessAskedFor() {
        assertThat(FaultPointKill.of(Map.of())).isSameAs(FaultPoints.NONE);
    }

    @Test
    void refusesWhatItDoesNotUnderstand() {
        assertThatThrownBy(() -> FaultPointKill.parse("copy@0", halts::add)).isInstanceOf(UsageException.class);
        assertThatThrownBy(() -> FaultPointKill.parse("a b", halts::add)).isInstanceOf(UsageException.class);
    }
}
