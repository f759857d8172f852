package dev.shoofly.model;

/** The topics and consumer groups of one migration. */
public record TopicNames(MigrationId id) {
    /** State changes of all migrations, as JSON. */
    public static final String EVENTS = "shoofly.events";

    public String changes() {
        return "shoofly." + id + ".changes";
    }

    public String mismatches() {
        return "shoofly." + id + ".mismatches";
    }

    public String captureOffsets() {
        return "shoofly." + id + ".capture-offsets";
    }

    public String captureSchemaHistory() {
        return "shoofly." + id + ".capture-schema-history";
    }

    public String applierGroup() {
        return "shoofly-" + id + "-applier";
    }
}
