package dev.shoofly.benchmarks.changes;

import dev.shoofly.benchmarks.reference.ReferenceTable;
import dev.shoofly.database.DatabaseKind;
import java.util.List;

/**
 * A schema change of the reference table.
 *
 * @param newName the table's afterwards; its old one when it keeps it
 */
public record Operation(String name, String alter, String newName) {
    private static final String RENAMED = "orders_renamed";

    /** Those that QuantumDB was judged by, in an order in which each finds what it needs. */
    public static List<Operation> all(DatabaseKind kind) {
        return switch (kind) {
            case MYSQL ->
                List.of(
                        of("add a NOT NULL column with a default", "ADD COLUMN extra INT NOT NULL DEFAULT 7"),
                        of("add a nullable column", "ADD COLUMN more INT"),
                        of("rename a NOT NULL column", "RENAME COLUMN extra TO extra2"),
                        of("rename a nullable column", "RENAME COLUMN more TO more2"),
                        of("drop a NOT NULL column", "DROP COLUMN extra2"),
                        of("drop a nullable column", "DROP COLUMN more2"),
                        of("NOT NULL to nullable", "MODIFY email VARCHAR(100) NULL"),
                        of("nullable to NOT NULL", "MODIFY email VARCHAR(100) NOT NULL"),
                        of("set a default", "ALTER COLUMN status SET DEFAULT 'new'"),
                        of("change a default", "ALTER COLUMN status SET DEFAULT 'open'"),
                        of("drop a default", "ALTER COLUMN status DROP DEFAULT"),
                        of("create an index", "ADD INDEX by_amount (amount_cents)"),
                        of("rename an index", "RENAME INDEX by_amount TO by_cents"),
                        of("drop an index", "DROP INDEX by_cents"),
                        of(
                                "add a foreign key",
                                "ADD CONSTRAINT orders_customer FOREIGN KEY (customer_id) REFERENCES customers (id)"),
                        of("drop a foreign key", "DROP FOREIGN KEY orders_customer"),
                        of("varchar to text", "MODIFY note TEXT NOT NULL"),
                        of("number to text", "MODIFY amount_cents TEXT NOT NULL"),
                        new Operation("rename the table", "RENAME TO " + RENAMED, RENAMED));
            case POSTGRES ->
                List.of(
                        of("add a NOT NULL column with a default", "ADD COLUMN extra int NOT NULL DEFAULT 7"),
                        of("add a nullable column", "ADD COLUMN more int"),
                        of("rename a NOT NULL column", "RENAME COLUMN extra TO extra2"),
                        of("rename a nullable column", "RENAME COLUMN more TO more2"),
                        of("drop a NOT NULL column", "DROP COLUMN extra2"),
                        of("drop a nullable column", "DROP COLUMN more2"),
                        of("NOT NULL to nullable", "ALTER COLUMN email DROP NOT NULL"),
                        of("nullable to NOT NULL", "ALTER COLUMN email SET NOT NULL"),
                        of("set a default", "ALTER COLUMN status SET DEFAULT 'new'"),
                        of("change a default", "ALTER COLUMN status SET DEFAULT 'open'"),
                        of("drop a default", "ALTER COLUMN status DROP DEFAULT"),
                        of("create an index", "CREATE INDEX by_amount ON orders (amount_cents)"),
                        of("rename an index", "ALTER INDEX by_amount RENAME TO by_cents"),
                        of("drop an index", "DROP INDEX by_cents"),
                        of(
                                "add a foreign key",
                                "ADD CONSTRAINT orders_customer FOREIGN KEY (customer_id) REFERENCES customers (id)"),
                        of("drop a foreign key", "DROP CONSTRAINT orders_customer"),
                        of("varchar to text", "ALTER COLUMN note TYPE text"),
                        of("number to text", "ALTER COLUMN amount_cents TYPE text"),
                        new Operation("rename the table", "RENAME TO " + RENAMED, RENAMED));
        };
    }

    private static Operation of(String name, String alter) {
        return new Operation(name, alter, ReferenceTable.NAME);
    }
}
