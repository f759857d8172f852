package dev.shoofly.coordinator.protocol;

/**
 * Gives the word for a cut-over, or to cancel, when it is not refused.
 *
 * @param cancels whether the other word than that for the cut-over is given, too
 */
record Operator(boolean cancels) implements Actor {
    @Override
    public void act(World now, Steps steps) {
        int plan = now.get(Field.PLAN);
        boolean heard = plan % 2 == 0 && now.is(Field.RECORDED, 0, plan) && now.get(Field.CANCELLED) == 0;
        if (heard && now.get(Field.WORD) == 0) {
            steps.can("somebody says cutover", next -> next.set(Field.WORD, 1 + plan));
        }
        if (cancels && heard && now.get(Field.CANCEL_WORD) == 0) {
            steps.can("somebody says cancel", next -> next.set(Field.CANCEL_WORD, 1 + plan));
        }
    }
}
