package dev.shoofly.model;

/** Which path the operator asked for. */
public enum StrategyChoice {
    /** The planner decides. */
    AUTO,
    /** Always through a shadow table. */
    SHADOW
}
