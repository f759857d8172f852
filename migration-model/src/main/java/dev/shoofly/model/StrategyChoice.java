package dev.shoofly.model;

/** Which path the operator asked for. */
public enum StrategyChoice {
    /** The planner decides. */
    AUTO,
    /** Only if the server changes nothing but its data dictionary. */
    INSTANT,
    /** Only if the server can do it by itself while the application goes on writing. */
    ONLINE,
    /** Always through a shadow table. */
    SHADOW
}
