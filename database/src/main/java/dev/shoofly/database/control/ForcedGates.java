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
}
