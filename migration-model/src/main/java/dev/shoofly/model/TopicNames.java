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

    /** Ranges that somebody is to compare; there while a large table is swept. */
    public String verifierTasks() {
        return "shoofly." + id + ".verifier-tasks";
    }

    /** What was found in them. */
    public String verdicts() {
        return "shoofly." + id + ".verdicts";
    }

    public String applierGroup() {
        return "shoofly-" + id + "-applier";
    }

    public String verifierGroup() {
        return "shoofly-" + id + "-verifier";
    }
}
