package dev.shoofly.database.control;

import dev.shoofly.database.DatabaseKind;
import dev.shoofly.database.connection.ConnectionPool;

/**
 * The door to schema {@code shoofly} on the migrated server. Every method that takes no connection runs and commits on
 * its own; those that take one belong to the caller's transaction. Thread-safe.
 */
public final class ControlTables {
    private final ControlSchema schema;
    private final MigrationRows migrations;
    private final SegmentRows segments;
    private final ProgressRows progress;
    private final MarkerRows markers;
    private final CommandRows commands;
    private final ValidationRows validation;
    private final MisfitRows misfits;
    private final VerificationRows verification;
    private final ApplierRows appliers;
    private final TopicRows topics;
    private final ThrottleRows throttle;
    private final DiskRows disk;
    private final EventRows events;
    private final TrafficRows traffic;

    public ControlTables(ConnectionPool pool, DatabaseKind kind) {
        this.schema = new ControlSchema(pool, kind);
        this.migrations = new MigrationRows(pool);
        this.segments = new SegmentRows(pool);
        this.progress = new ProgressRows(pool);
        this.markers = new MarkerRows(pool, kind);
        this.commands = new CommandRows(pool);
        this.validation = new ValidationRows(pool);
        this.misfits = new MisfitRows(pool);
        this.verification = new VerificationRows(pool);
        this.appliers = new ApplierRows(pool);
        this.topics = new TopicRows(pool);
        this.throttle = new ThrottleRows(pool);
        this.disk = new DiskRows(pool);
        this.events = new EventRows(pool, kind);
        this.traffic = new TrafficRows(pool);
    }

    /** Creates schema and tables where they are missing. Repeatable. */
    public void install() {
        schema.install();
    }

    /** False on a server where {@link #install} never ran. */
    public boolean isInstalled() {
        return schema.isInstalled();
    }

    /**
     * Brings those of an earlier version up to date, which may hold migrations.
     *
     * @return false on a server without any, on which nothing is created
     */
    public boolean update() {
        boolean exist = exist();
        if (exist) {
            install();
        }
        return exist;
    }

    /** Whether there are any, perhaps an earlier version's: {@link #install} brings these up to date. */
    public boolean exist() {
        return schema.exist();
    }

    public MigrationRows migrations() {
        return migrations;
    }

    public RollbackRows rollback() {
        return new RollbackRows(migrations);
    }

    public RetentionRows retention() {
        return new RetentionRows(migrations);
    }

    public GateRows gates() {
        return new GateRows(migrations);
    }

    public EventRows events() {
        return events;
    }

    public SegmentRows segments() {
        return segments;
    }

    public ProgressRows progress() {
        return progress;
    }

    public MarkerRows markers() {
        return markers;
    }

    public CommandRows commands() {
        return commands;
    }

    public VerificationRows verification() {
        return verification;
    }

    public MisfitRows misfits() {
        return misfits;
    }

    public ValidationRows validation() {
        return validation;
    }

    public ApplierRows appliers() {
        return appliers;
    }

    public TopicRows topics() {
        return topics;
    }

    public ThrottleRows throttle() {
        return throttle;
    }

    public TrafficRows traffic() {
        return traffic;
    }

    public DiskRows disk() {
        return disk;
    }
}
