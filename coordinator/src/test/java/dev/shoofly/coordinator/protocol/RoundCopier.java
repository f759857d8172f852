package dev.shoofly.coordinator.protocol;

/** Was superseded when the table was copied, and wakes up after a swap. */
record RoundCopier() implements Actor {
    @Override
    public void act(World now, Steps steps) {
        boolean stopped = steps.has(Guard.COPIER_FENCE) || steps.has(Guard.FRESH_NAMES);
        if (now.get(Field.SWAPS) > 0 && now.get(Field.TABLE_LOCK) == 0 && !stopped) {
            steps.can("a former copier writes its chunk", next -> next.fail(Failure.WRITE_BY_A_FORMER_PLAN));
        }
    }
}
