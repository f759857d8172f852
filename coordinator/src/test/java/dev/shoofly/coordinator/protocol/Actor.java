package dev.shoofly.coordinator.protocol;

import java.util.function.Consumer;

/** Someone who can do something. To be paused is to do nothing while others do. */
@FunctionalInterface
interface Actor {
    /** Offers everything that it can do next. */
    void act(World now, Steps steps);

    /** Where possible next states are collected. */
    interface Steps {
        boolean has(Guard guard);

        /** @param change made to a copy of the state */
        void can(String what, Consumer<World> change);
    }
}
