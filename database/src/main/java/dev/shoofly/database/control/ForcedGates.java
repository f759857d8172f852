package dev.shoofly.database.control;

import dev.shoofly.model.GateName;
import java.util.Set;

/**
 * Gates that are not looked at for the swap that a word asks for. They belong to that word: refused, it skips none.
 *
 * @param who for the history
 */
public record ForcedGates(Set<GateName> gates, String who) {
    public ForcedGates {
        gates = Set.copyOf(gates);
    }

    /** Their names, as {@code --force} takes them. */
    public String names() {
        return String.join(",", gates.stream().map(GateName::key).sorted().toList());
    }

    /**
     * Ends the answer of who has taken a word with them. A process of a version that knows no such words answers without it, and
     * looks at every gate.
     */
    public String heard() {
        return "; not looked at for it: " + names();
    }
}
