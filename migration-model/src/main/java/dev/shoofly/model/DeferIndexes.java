package dev.shoofly.model;

/** When the shadow gets its secondary indexes, but for new unique ones. Names are persisted: never rename one. */
public enum DeferIndexes {
    /** After the copy, unless the table is small, or the build would hold up replicas or the applications of a small server. */
    AUTO,
    /** After the copy. */
    ALWAYS,
    /** Before it: the copy and every change maintain them. */
    NEVER
}
