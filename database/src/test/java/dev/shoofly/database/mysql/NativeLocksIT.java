package dev.shoofly.database.mysql;

import static org.assertj.core.api.Assertions.assertThat;

import dev.shoofly.database.NativeAlter;
import dev.shoofly.database.StepImpact;
import dev.shoofly.database.StepImpact.TableLock;
import dev.shoofly.model.MigrationId;
import dev.shoofly.model.NativeStep;
import dev.shoofly.model.TableName;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a step is said to lock is what the server asks for when it is carried out. */
class NativeLocksIT {
    private static final String ADD = "ADD CONSTRAINT fk FOREIGN KEY (customer) REFERENCES customers (id)";
    private Bench bench;

    @BeforeEach
    void open() throws SQLException {
        bench = Bench.open();
        bench.sql(
                "CREATE TABLE customers (id int PRIMARY KEY)",
                "CREATE TABLE orders (id int PRIMARY KEY, customer int, KEY by_customer (customer))",
                "INSERT INTO customers VALUES (1)",
                "INSERT INTO orders VALUES (1, 1)");
    }

    @AfterEach
    void close() throws SQLException {
        bench.close();
    }

    private NativeAlter.Assessment assess(String alter) {
        return bench.database()
                .nativeAlter()
                .assess(MigrationId.random(new Random()), new TableName(bench.schema(), "orders"), List.of(alter));
    }

    private TableName customers() {
        return new TableName(bench.schema(), "customers");
    }

    /** A reader holds each of the tables: what is pending is what the server asks for. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aForeignKeyThatComesOrGoesLocksTheOtherTableToo(boolean drops) throws Exception {
        if (drops) {
            bench.sql("ALTER TABLE orders " + ADD);
        }
        NativeAlter.Assessment found = assess(drops ? "DROP FOREIGN KEY fk" : ADD);
        assertThat(found.impacts().get(0))
                .isEqualTo(new StepImpact(
                        "exclusive metadata lock",
                        List.of(new TableLock(customers(), "exclusive metadata lock")),
                        false));
        String alter = found.plan().orElseThrow().steps().get(0).statements().get(0);
        CompletableFuture<Void> altering;
        try (Connection reader = bench.connect()) {
            reader.setAutoCommit(false);
            Bench.execute(reader, "SELECT * FROM customers");
            altering = CompletableFuture.runAsync(() -> execute(alter));
            assertThat(pending()).containsExactly("customers|EXCLUSIVE");
            reader.rollback();
        }
        altering.get();
    }

    private void execute(String alter) {
        try (Connection connection = bench.connect()) {
            Bench.execute(connection, "SET foreign_key_checks = 0");
            Bench.execute(connection, alter);
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    private List<String> pending() throws Exception {
        long giveUpAt = System.nanoTime() + Duration.ofSeconds(20).toNanos();
        List<String> found = List.of();
        while (found.isEmpty() && System.nanoTime() < giveUpAt) {
            Thread.sleep(20);
            found = bench.rows("SELECT object_name, lock_type FROM performance_schema.metadata_locks"
                    + " WHERE lock_status = 'PENDING' AND object_type = 'TABLE' AND object_schema = DATABASE()");
        }
        return found;
    }

    @Test
    void theLookForOrphansTakesAReadersMetadataLocksAndLocksNoRow() throws Exception {
        NativeAlter.Assessment found = assess(ADD);
        assertThat(found.impacts().get(1))
                .isEqualTo(new StepImpact(
                        "shared metadata lock", List.of(new TableLock(customers(), "shared metadata lock")), false));
        NativeStep look = found.plan().orElseThrow().steps().get(1);
        try (Connection connection = bench.connect()) {
            connection.setAutoCommit(false);
            assertThat(Bench.rows(connection, look.statements().get(0))).isEmpty();
            String own = " WHERE object_schema = DATABASE() ORDER BY 1";
            assertThat(Bench.rows(
                            connection, "SELECT object_name, lock_type FROM performance_schema.metadata_locks" + own))
                    .containsExactly("customers|SHARED_READ", "orders|SHARED_READ");
            assertThat(Bench.rows(connection, "SELECT object_name FROM performance_schema.data_locks" + own))
                    .isEmpty();
        }
    }

    @Test
    void onlyWhatBuildsOrRebuildsWrites() {
        assertThat(assess("ADD INDEX by_both (customer, id)").impacts().get(0).writes())
                .isTrue();
        assertThat(assess("ADD COLUMN c int").impacts().get(0).writes()).isFalse();
    }
}
