package dev.shoofly.database.replay;

/** Which of a migration's two tables stands in a read. */
public enum Table {
    SOURCE,
    SHADOW
}
