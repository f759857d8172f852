package dev.shoofly.database;

/** The servers that Shoofly knows. */
public enum DatabaseKind {
    MYSQL,
    POSTGRES
}
