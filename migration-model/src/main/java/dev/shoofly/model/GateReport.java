package dev.shoofly.model;

import org.jspecify.annotations.Nullable;

/**
 * How a gate of the cut-over was found.
 *
 * @param reason why it is not open; empty when it is
 * @param remedy what somebody can do about it; empty when nothing has to be done
 * @param opensAt when it opens by itself, as people of that place read a clock; null: nobody knows
 */
public record GateReport(
        GateName gate,
        State state,
        String reason,
        String remedy,
        @Nullable String opensAt) {
    /** What it means for the next attempt. */
    public enum State {
        OPEN,
        SHUT,
        /** Not looked at, because somebody said so. */
        FORCED,
        /** Not looked at while another one is shut. */
        UNKNOWN
    }

    /** Nothing in the way. */
    public static GateReport open(GateName gate) {
        return new GateReport(gate, State.OPEN, "", "", null);
    }

    /** In the way, until somebody knows when. */
    public static GateReport shut(GateName gate, String reason, String remedy) {
        return new GateReport(gate, State.SHUT, reason, remedy, null);
    }

    /** Skipped. */
    public static GateReport forced(GateName gate) {
        return new GateReport(gate, State.FORCED, "skipped by --force", "", null);
    }

    /** Not looked at. */
    public static GateReport unknown(GateName gate) {
        return new GateReport(gate, State.UNKNOWN, "", "", null);
    }

    /** Whether no attempt may begin because of it. */
    public boolean blocks() {
        return state == State.SHUT;
    }
}
