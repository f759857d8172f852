package dev.shoofly.servers;

/** The PostgreSQL major versions that come with this module. */
public enum PostgresVersion {
    V15(15),
    V17(17);

    private final int major;

    PostgresVersion(int major) {
        this.major = major;
    }

    public int major() {
        return major;
    }

    String archiveName() {
        return "postgres-" + major;
    }
}
