package dev.shoofly.database.mysql;

import dev.shoofly.database.NativeAlter.Assessment;
import dev.shoofly.database.StatementTag;
import dev.shoofly.database.connection.ConnectionPool;
import dev.shoofly.database.connection.SqlErrors;
import dev.shoofly.model.ErrorKind;
import dev.shoofly.model.MigrationId;
import dev.shoofly.model.NativePlan;
import dev.shoofly.model.NativeStep;
import dev.shoofly.model.ShooflyException;
import dev.shoofly.model.Strategy;
import dev.shoofly.model.TableName;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;

/** Asks an empty table of the same definition what the server would do with the full one. One use; one thread. */
final class NativeTrial {
    /** Not supported, with and without a reason; too many row versions. */
    private static final Set<Integer> NOT_THIS_WAY = Set.of(1845, 1846, 4092);

    private static final int SYNTAX = 1064;
    /** From here on it is worth a warning, whatever the server admits. */
    private static final int MANY_ROW_VERSIONS = 50;
    /** Fewer are rebuilt, and repeated by a replica, within a second or two. */
    private static final long MANY_ROWS = 50_000;

    private static final String ALL_THE_SAME =
            "; a shadow does not do so, and --strategy online does without one all the same";

    private final Connection connection;
    private final MigrationId id;
    private final TableName source;
    private final TableName twin;
    private final EmptyTwin empty;
    private final List<String> reasons = new ArrayList<>();
    private final List<String> warnings = new ArrayList<>();
    private Optional<String> disadvice = Optional.empty();
    /** To what the server refused last. */
    private String alternative = "";

    NativeTrial(Connection connection, MigrationId id, TableName source) {
        this.connection = connection;
        this.id = id;
        this.source = source;
        this.empty = new EmptyTwin(connection, id, source);
        this.twin = empty.name();
    }

    Assessment assess(List<String> alters) throws SQLException {
        Optional<NativeText> text = NativeText.of(alters, source);
        if (text.isEmpty()) {
            reasons.add("these alterations cannot be one statement of the server");
            return shadow();
        }
        if (text.get().isRename()) {
            return rename(text.get());
        }
        Optional<ForeignKeyClause> foreignKey =
                alters.size() == 1 ? AlterText.foreignKey(alters.get(0), source) : Optional.empty();
        if (foreignKey.isPresent()) {
            return new ForeignKeyPlan(connection, id, source).assess(text.get(), foreignKey.get());
        }
        if (alters.stream().anyMatch(alter -> AlterText.addsForeignKey(alter, source))) {
            // To try it, the parent would have to be locked; and a shadow cannot have it.
            throw new ShooflyException(
                    ErrorKind.REFUSED,
                    "cannot alter " + source + ": add the foreign key in a migration of its own. Nothing was changed.");
        }
        boolean checks = SqlText.of("SELECT 1 FROM DUAL WHERE @@SESSION.foreign_key_checks = 1")
                .findsRow(connection);
        // With the checks off, the server would add a foreign key without a look at the rows.
        ConnectionPool.execute(connection, "SET SESSION foreign_key_checks = 1");
        try {
            return tryOut(text.get(), alters);
        } finally {
            try {
                empty.drop();
            } finally {
                if (!checks) {
                    ConnectionPool.execute(connection, "SET SESSION foreign_key_checks = 0");
                }
            }
        }
    }

    private Assessment rename(NativeText text) throws SQLException {
        TableName target = Objects.requireNonNull(text.newName());
        if (MySqlCatalog.exists(connection, target)) {
            throw new ShooflyException(
                    ErrorKind.REFUSED,
                    "cannot rename " + source + ": there is a " + target + " already. Nothing was changed.");
        }
        reasons.add("a new name is a change of the data dictionary alone");
        return new Assessment(
                Optional.of(new NativePlan(
                        Strategy.INSTANT,
                        List.of(new NativeStep(
                                NativeStep.Kind.BRIEF,
                                "rename " + source + " to " + target,
                                List.of(StatementTag.of(id) + "RENAME TABLE " + MySqlNames.quote(source) + " TO "
                                        + MySqlNames.quote(target)),
                                true,
                                List.of(),
                                StepState.renamed(target))))),
                reasons,
                warnings,
                disadvice,
                List.of(MySqlImpacts.BRIEF));
    }

    private Assessment tryOut(NativeText text, List<String> alters) throws SQLException {
        empty.create();
        if (succeeds(text, NativeText.Way.INSTANT) && !isOutOfRowVersions()) {
            reasons.add("the server changes its data dictionary only (ALGORITHM=INSTANT)");
            return plan(Strategy.INSTANT, NativeStep.Kind.BRIEF, text, NativeText.Way.INSTANT);
        }
        empty.create();
        Set<Long> before = rowsAndIndexes();
        String ofInstant = reasons.isEmpty() ? "" : reasons.get(reasons.size() - 1);
        if (succeeds(text, NativeText.Way.IN_PLACE)) {
            reasons.clear();
            Set<Long> after = rowsAndIndexes();
            if (!after.isEmpty() && before.containsAll(after)) {
                reasons.add("the server touches no row (ALGORITHM=INPLACE without a rebuild)");
                return plan(Strategy.INSTANT, NativeStep.Kind.BRIEF, text, NativeText.Way.IN_PLACE);
            }
            boolean rebuilt = after.isEmpty() || before.stream().noneMatch(after::contains);
            reasons.add("the server " + (rebuilt ? "rebuilds the table" : "builds the index")
                    + " while it is read and written (ALGORITHM=INPLACE, LOCK=NONE)");
            if (ofInstant.contains("changes of that kind")) {
                reasons.add(ofInstant);
            }
            return online(text, rebuilt);
        }
        empty.create();
        if (!succeeds(text, NativeText.Way.ANY) && alters.size() == 1) {
            throw new ShooflyException(
                    ErrorKind.REFUSED,
                    "the server refuses '" + alters.get(0).strip() + "' on an empty copy of " + source + ": "
                            + reasons.get(reasons.size() - 1) + ". The table itself was not touched." + alternative);
        }
        // Of the ways that were tried the last one is the one that would have been taken.
        String last = reasons.isEmpty() ? "" : reasons.get(reasons.size() - 1);
        reasons.clear();
        reasons.add(last);
        return shadow();
    }

    private Assessment online(NativeText text, boolean rebuilt) throws SQLException {
        List<String> replicas = replicas();
        if (!replicas.isEmpty()) {
            String replay = "the replicas " + String.join(", ", replicas)
                    + " repeat it when it is done here, and apply nothing else until it is done there";
            warnings.add(replay);
            disadvice = isLarge() ? Optional.of(replay + ALL_THE_SAME) : Optional.empty();
        }
        if (rebuilt && isLarge()) {
            disadvice =
                    Optional.of("at the end of a rebuild the server keeps everybody out while it finishes, readers too,"
                            + " which takes more than a second for a million rows" + ALL_THE_SAME);
        }
        warnings.add(
                "it can neither be slowed down nor paused, and at its end it waits for transactions that use the table,"
                        + " with what comes after waiting behind it, at most for --lock-timeout; then all of it was in vain");
        return plan(Strategy.ONLINE, NativeStep.Kind.LONG, text, NativeText.Way.IN_PLACE);
    }

    /** A change by the server itself does not need the privilege to see them. */
    private List<String> replicas() throws SQLException {
        try {
            return Replicas.registered(connection);
        } catch (SQLException e) {
            if (!MySqlErrors.isMissingPrivilege(e)) {
                throw e;
            }
            warnings.add(
                    "whether replicas hang on the server is not known, for want of the privilege REPLICATION SLAVE:"
                            + " each would repeat it when it is done here, and apply nothing else until it is done there");
            return List.of();
        }
    }

    private boolean isLarge() throws SQLException {
        return MySqlCatalog.find(connection, source)
                        .map(MySqlCatalog.Found::rows)
                        .orElse(0L)
                >= MANY_ROWS;
    }

    private Assessment plan(Strategy strategy, NativeStep.Kind kind, NativeText text, NativeText.Way way)
            throws SQLException {
        return new Assessment(
                Optional.of(new NativePlan(
                        strategy,
                        List.of(new NativeStep(
                                kind,
                                "alter " + source,
                                List.of(StatementTag.of(id) + text.on(source, source, way)),
                                true,
                                List.of(),
                                StepState.altered(
                                        StepState.definition(connection, source),
                                        StepState.definition(connection, twin)))))),
                reasons,
                warnings,
                disadvice,
                List.of(kind == NativeStep.Kind.BRIEF ? MySqlImpacts.BRIEF : MySqlImpacts.LONG));
    }

    private Assessment shadow() {
        return new Assessment(Optional.empty(), reasons, warnings, disadvice, List.of());
    }

    /** Notes the server's words when it does not. */
    private boolean succeeds(NativeText text, NativeText.Way way) throws SQLException {
        ConnectionPool.execute(connection, MySqlNativeAlter.OPERATORS_ZONE);
        try {
            ConnectionPool.execute(
                    connection, text.withChecks(source, empty.checks()).on(twin, source, way));
            return true;
        } catch (SQLException e) {
            if (SqlErrors.isTransient(e)) {
                throw e;
            }
            boolean otherWay = NOT_THIS_WAY.contains(e.getErrorCode()) || e.getErrorCode() == SYNTAX;
            if (otherWay || way == NativeText.Way.ANY) {
                reasons.add(words(e));
                alternative = MySqlErrors.alternative(e);
            }
            return false;
        } finally {
            ConnectionPool.execute(connection, "SET SESSION time_zone = '+00:00'");
        }
    }

    private static String words(SQLException error) {
        return error.getErrorCode() == SYNTAX
                ? "the server takes no ALGORITHM clause with it"
                : "the server says: " + String.valueOf(error.getMessage()).replaceFirst("\\.$", "");
    }

    /** Each column that is added or dropped in an instant makes a version of the rows, of which there are few. */
    private boolean isOutOfRowVersions() throws SQLException {
        Optional<Long> added = rowVersions(twin);
        Optional<Long> had = rowVersions(source);
        if (added.isEmpty() || had.isEmpty() || added.get() == 0) {
            return false;
        }
        long after = had.get() + added.get();
        int most = mostRowVersions(MySqlCatalog.variable(connection, "version"));
        if (after > most) {
            reasons.add("the table has had " + had.get() + " changes of that kind since it was last rebuilt, of " + most
                    + " that are possible");
            return true;
        }
        if (after >= MANY_ROW_VERSIONS) {
            warnings.add("this is change number " + after + " of that kind since the table was last rebuilt; after "
                    + most + " it must be rebuilt, which --strategy shadow does without stopping anybody");
        }
        return false;
    }

    /** As the server's manual has it: more since 9.1. */
    static int mostRowVersions(String version) {
        return MySqlPreflight.isAtLeast(9_001_000, version) ? 255 : 64;
    }

    /** Of the partition that has most. Empty on servers before 8.0.29, and for a name that cannot be looked up. */
    private Optional<Long> rowVersions(TableName table) throws SQLException {
        Optional<String> file = FileName.of(table);
        if (file.isEmpty()) {
            return Optional.empty();
        }
        try {
            // In a name, the server writes # otherwise: what follows is a partition of this table.
            return SqlText.of(
                            "SELECT total_row_versions FROM information_schema.innodb_tables"
                                    + " WHERE substring_index(name, '#', 1) = ? ORDER BY total_row_versions DESC LIMIT 1",
                            file.get())
                    .list(connection, row -> row.getLong(1))
                    .stream()
                    .findFirst();
        } catch (SQLException e) {
            boolean unknownColumn = e.getErrorCode() == 1054;
            if (unknownColumn) {
                return Optional.empty();
            }
            throw e;
        }
    }

    /** The numbers of the table and its indexes: what is rebuilt gets another. Empty when it cannot be told. */
    private Set<Long> rowsAndIndexes() throws SQLException {
        // No other table has the id in its name, however the dictionary spells the rest.
        return Set.copyOf(SqlText.of(
                        "SELECT t.table_id FROM information_schema.innodb_tables t WHERE t.name LIKE ?"
                                + " UNION ALL SELECT -CAST(i.index_id AS SIGNED) FROM information_schema.innodb_indexes i"
                                + " JOIN information_schema.innodb_tables t ON t.table_id = i.table_id WHERE t.name LIKE ?",
                        twinPattern(),
                        twinPattern())
                .list(connection, row -> row.getLong(1)));
    }

    private String twinPattern() {
        return "%" + id + "\\_new";
    }
}
