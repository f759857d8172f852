package dev.shoofly.database.replay;

/** What is to become of a statement before anything of it was run. */
public sealed interface Judgement {
    /** The statement without its literals, or as much of it as may be shown. */
    String digest();

    /** It can be run on both tables. */
    record Replayable(Read read) implements Judgement {
        @Override
        public String digest() {
            return read.digest();
        }
    }

    /** It is never run: it does more than read, or that cannot be excluded. */
    record Refused(String digest, String why) implements Judgement {}

    /** It reads, but cannot be asked of the other table. */
    record NotComparable(String digest, String why) implements Judgement {}

    /** It does not name the table. */
    record Elsewhere(String digest) implements Judgement {}
}
