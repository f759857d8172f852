package dev.shoofly.database.postgres;

import dev.shoofly.model.TableName;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** What the catalog says of one table. Expressions and types are spelled so that any search path understands them. */
record TableFacts(long oid, TableName name, List<Column> columns, List<Index> indexes, List<Check> checks) {

    /**
     * @param number attnum: keeps its meaning over renames and type changes
     * @param type with modifier, as declared
     * @param baseType under all domains, without modifier; usable in a cast
     * @param baseName the base type's {@code typname}
     * @param baseKind the base type's {@code typtype}: {@code b} base, {@code e} enum, …
     * @param modifier the base type's; -1: none
     * @param collation oid; 0: none
     * @param deterministic whether the collation is
     * @param generated computed by the server
     * @param identity {@code a} always, {@code d} by default, empty: none
     */
    record Column(
            int number,
            String name,
            String type,
            String baseType,
            String baseName,
            String baseKind,
            int modifier,
            boolean notNull,
            long collation,
            boolean deterministic,
            boolean generated,
            String identity,
            @Nullable String defaultText) {}

    /**
     * @param definition the text of CREATE INDEX
     * @param tail the definition from {@code USING} on; empty when it has no such form
     * @param columns attnums of the key columns in index order, 0 for an expression
     * @param directions per key column: the bits of {@code indoption}
     * @param constraint {@code p}, {@code u} or {@code x} when a constraint of the same name owns it; empty otherwise
     * @param constraintDefinition null without a constraint
     * @param tablespace null: the database's
     */
    record Index(
            long oid,
            String name,
            String definition,
            String tail,
            boolean unique,
            boolean immediate,
            boolean valid,
            boolean partial,
            List<Integer> columns,
            List<Integer> directions,
            String constraint,
            @Nullable String constraintDefinition,
            boolean deferrable,
            @Nullable String tablespace,
            boolean clustered,
            boolean replicaIdentity,
            @Nullable String comment,
            @Nullable String constraintComment) {

        boolean isPrimaryKey() {
            return constraint.equals("p");
        }

        boolean hasExpression() {
            return columns.contains(0);
        }
    }

    /** A CHECK constraint. */
    record Check(
            String name,
            String definition,
            boolean validated,
            @Nullable String comment) {}

    TableFacts {
        columns = List.copyOf(columns);
        indexes = List.copyOf(indexes);
        checks = List.copyOf(checks);
    }

    Optional<Column> column(String columnName) {
        return columns.stream()
                .filter(column -> column.name().equals(columnName))
                .findFirst();
    }

    Optional<Column> column(int number) {
        return columns.stream().filter(column -> column.number() == number).findFirst();
    }
}
