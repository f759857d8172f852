package dev.shoofly.database.postgres;

import static dev.shoofly.database.connection.ConnectionPool.execute;
import static dev.shoofly.database.postgres.PostgresNames.quote;

import dev.shoofly.database.connection.SqlErrors;
import dev.shoofly.model.ErrorKind;
import dev.shoofly.model.KeyDefinition;
import dev.shoofly.model.MigrationId;
import dev.shoofly.model.MigrationPlan;
import dev.shoofly.model.MigrationSpec;
import dev.shoofly.model.Projection;
import dev.shoofly.model.ShadowNames;
import dev.shoofly.model.ShooflyException;
import dev.shoofly.model.TableName;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Objects;
import java.util.OptionalLong;

/**
 * Builds the shadow in the caller's transaction: a twin of the source in a schema of its own, where it can have the
 * source's own names for indexes and constraints; the operator's ALTERs on it; then, under temporary names, into the
 * source's schema. The source is locked no stronger than by a SELECT, until the transaction ends.
 */
final class ShadowBuilder {
    private final Connection connection;
    private final MigrationId id;
    private final TableName source;
    private final MigrationSpec spec;
    private final TableName twin;
    private final ShadowNames names;

    ShadowBuilder(Connection connection, MigrationId id, TableName source, MigrationSpec spec) {
        this.connection = connection;
        this.id = id;
        this.source = source;
        this.spec = spec;
        this.twin = new TableName(scratchSchema(id), source.table());
        this.names = ShadowNames.of(source, id, PostgresNames.LIMIT_BYTES);
    }

    static String scratchSchema(MigrationId id) {
        return "shoofly_" + id;
    }

    static void drop(Connection connection, MigrationId id, TableName source) throws SQLException {
        execute(connection, "DROP SCHEMA IF EXISTS " + quote(scratchSchema(id)) + " CASCADE");
        TableName shadow = ShadowNames.of(source, id, PostgresNames.LIMIT_BYTES).shadow();
        execute(connection, "DROP TABLE IF EXISTS " + quote(shadow));
    }

    MigrationPlan build() throws SQLException {
        String userPath =
                Objects.requireNonNull(PostgresCatalog.text(connection, "SELECT current_setting('search_path')"));
        PostgresCatalog.qualifyEverything(connection);
        drop(connection, id, source);
        // Before anything else of it: what changes while it is read must not pass for what was read.
        String fingerprint = fingerprint();
        TableFacts original = PostgresCatalog.read(connection, source);
        EmptyTwin.create(connection, original, twin);
        ColumnTracker columns = new ColumnTracker(
                original, PostgresCatalog.read(connection, twin).columns());
        ComputedColumns computed = new ComputedColumns(connection, original, twin);
        if (!spec.transforms().isEmpty()) {
            searchTwinFirst(userPath);
            computed.read(spec.transforms());
        }
        TwinAttachments attachments = TwinAttachments.hangOn(connection, id, original, twin);
        // What they wait for is only a table that a foreign key points to, whose writers would queue behind it.
        execute(connection, "SET LOCAL lock_timeout = '100ms'");
        for (String text : spec.alters()) {
            refuseOtherPartitions(text);
            AlterText alter = AlterText.parse(text, source, quote(twin), computed.names());
            run(text, alter, userPath, attachments);
            columns.ran(alter, PostgresCatalog.read(connection, twin).columns());
        }
        execute(connection, "SET LOCAL lock_timeout = '5s'");
        columns.compute(computed.over(PostgresCatalog.read(connection, twin).columns()));
        TwinAttachments.TakenOff attached = attachments.takeOff(columns);
        TwinHandover handover = new TwinHandover(connection, id, original, twin, names.shadow());
        handover.toShadow(columns);
        TableFacts shadow = PostgresCatalog.read(connection, names.shadow());
        Projection projection = columns.projection(shadow);
        KeyDefinition key = new SharedKey(original, SourceShape.replicaIdentity(connection, original.oid()))
                .shared(shadow, projection);
        SwapState state = handover.state(
                columns,
                new UniquenessCarriedOver(original, shadow, projection, key),
                spec.deferIndexes(),
                attached,
                fingerprint);
        PostgresCatalog.qualifyEverything(connection);
        if (!fingerprint.equals(fingerprint())) {
            throw new ShooflyException(
                    ErrorKind.TRANSIENT,
                    "somebody changed the definition of " + source + " while it was read. Nothing was changed");
        }
        MigrationPlan plan = new MigrationPlan(
                id, source, names.shadow(), names.old(), key, projection, spec.partitions(), state.toJson());
        PostgresCatalog.searchPath(connection, userPath);
        tryProjection(plan);
        return plan;
    }

    /** Empty when the table is gone, which whoever reads it says. */
    private String fingerprint() throws SQLException {
        OptionalLong oid = PostgresCatalog.oid(connection, source);
        return oid.isPresent() ? TableFingerprint.of(connection, oid.getAsLong()) : "";
    }

    /** On the twin it would be about the twin's partitions, or take a table of somebody else's into it. */
    private void refuseOtherPartitions(String text) {
        List<SqlTokens.Token> words = SqlTokens.of(text);
        for (int i = 1; i < words.size(); i++) {
            if (words.get(i).is("partition")
                    && (words.get(i - 1).is("attach") || words.get(i - 1).is("detach"))) {
                throw PartitionShape.refused(
                        "the alteration '" + text.strip() + "' attaches or detaches a partition, for"
                                + " which no row of " + source + " need be copied: run it yourself, before or after");
            }
        }
    }

    private void searchTwinFirst(String userPath) throws SQLException {
        PostgresCatalog.searchPath(connection, quote(twin.schema()) + (userPath.isBlank() ? "" : ", " + userPath));
    }

    private void run(String text, AlterText alter, String userPath, TwinAttachments attachments) throws SQLException {
        searchTwinFirst(userPath);
        try {
            execute(connection, alter.sql());
        } catch (SQLException e) {
            if (SqlErrors.isTransient(e)) {
                throw e;
            }
            throw new ShooflyException(
                    ErrorKind.REFUSED,
                    "the server refuses the alteration '" + text.strip() + "' on an empty copy of " + source + ": "
                            + attachments.inOriginalNames(SqlErrors.serverSaid(e)) + ". Nothing was changed.",
                    e);
        }
        PostgresCatalog.qualifyEverything(connection);
    }

    /** Shows now, not with the first chunk, whether every value can go where it must. */
    private void tryProjection(MigrationPlan plan) throws SQLException {
        PostgresProjection sql = new PostgresProjection(plan);
        try {
            execute(
                    connection,
                    "INSERT INTO " + sql.shadow() + " (" + sql.targets() + ") SELECT " + sql.values() + " FROM "
                            + sql.source() + " WHERE false");
            execute(connection, "SELECT " + sql.typedValues() + " FROM " + sql.source() + " WHERE false");
        } catch (SQLException e) {
            if (SqlErrors.isTransient(e)) {
                throw e;
            }
            throw new ShooflyException(
                    ErrorKind.REFUSED,
                    "the rows of " + source + " cannot be brought into the new form: " + SqlErrors.serverSaid(e)
                            + ". Nothing was changed.",
                    e);
        }
    }
}
