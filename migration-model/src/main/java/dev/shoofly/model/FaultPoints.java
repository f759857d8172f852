package dev.shoofly.model;

/**
 * Named places in the code where a test stops, delays or kills the process. The names are part of the tests' contract.
 */
@FunctionalInterface
public interface FaultPoints {
    FaultPoints NONE = point -> {};

    /** Called at the named point, on the thread that is there; may block or never return. */
    void reach(String point);
}
