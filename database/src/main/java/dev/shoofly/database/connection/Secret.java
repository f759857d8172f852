package dev.shoofly.database.connection;

/** A password. Only {@link #reveal} shows it. */
public record Secret(String reveal) {
    @Override
    public String toString() {
        return "******";
    }
}
