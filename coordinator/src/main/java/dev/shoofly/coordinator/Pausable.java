package dev.shoofly.coordinator;

/** A stage that can be stopped without losing its place. Both calls are repeatable, from any thread. */
interface Pausable {
    void pause();

    void resume();
}
