package dev.shoofly.database.mysql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.shoofly.database.TableSwap;
import dev.shoofly.database.TableSwap.Outcome;
import dev.shoofly.model.CutoverMode;
import dev.shoofly.model.CutoverSettings;
import dev.shoofly.model.ErrorKind;
import dev.shoofly.model.MigrationPlan;
import dev.shoofly.model.RowKey;
import dev.shoofly.model.ShooflyException;
import dev.shoofly.model.TableName;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Foreign keys from the table, to it, and to itself go over with the names, and are in force for whatever is written. */
class ForeignKeysIT {
    private static final CutoverSettings SETTINGS =
            new CutoverSettings(CutoverMode.AUTO, Duration.ofMillis(400), Duration.ofMillis(500), 2_000, 3);
    private static final TableSwap.Remainder NOTHING = (progress, timeout, most) -> TableSwap.Drained.of(List.of());
    /** Each as the server, which does not take them together, would let it pass. */
    private static final String[] ALTERS = {
        "ADD COLUMN w INT DEFAULT 7",
        "ADD INDEX wider (r, w)",
        "DROP INDEX r",
        "RENAME COLUMN r TO region",
        "MODIFY v BIGINT"
    };

    private Bench bench;
    private String afar;

    @BeforeEach
    void open() throws SQLException {
        bench = Bench.open();
        afar = bench.schema() + "_afar";
        bench.sql("CREATE DATABASE " + afar);
        create(bench.schema(), afar);
    }

    @AfterEach
    void close() throws SQLException {
        bench.sql("SET foreign_key_checks = 0", "DROP DATABASE " + afar);
        bench.close();
    }

    private void create(String here, String there) throws SQLException {
        bench.sql(
                "CREATE TABLE " + here + ".regions (id INT PRIMARY KEY, code INT UNIQUE)",
                "CREATE TABLE " + here + ".t (id INT PRIMARY KEY, r INT, up INT, v INT, KEY r (r), KEY up (up),"
                        + " CONSTRAINT in_region FOREIGN KEY (r) REFERENCES regions (code) ON DELETE RESTRICT,"
                        + " FOREIGN KEY (up) REFERENCES t (id))",
                "CREATE TABLE " + here
                        + ".`odd ``lines` (id INT PRIMARY KEY, t INT, CONSTRAINT `of ``t` FOREIGN KEY (t)"
                        + " REFERENCES t (id) ON DELETE CASCADE ON UPDATE CASCADE)",
                "CREATE TABLE " + there
                        + ".notes (id INT PRIMARY KEY, t INT, CONSTRAINT of_t FOREIGN KEY (t) REFERENCES " + here
                        + ".t (id) ON DELETE SET NULL)",
                "INSERT INTO " + here + ".regions VALUES (1, 10)",
                "INSERT INTO " + here + ".t VALUES (1, 10, NULL, 1), (2, 10, 1, 2), (3, 10, 1, 3)",
                "INSERT INTO " + here + ".`odd ``lines` VALUES (1, 2), (2, 3)",
                "INSERT INTO " + there + ".notes VALUES (1, 2), (2, 3)");
    }

    private List<String> definitions(String here, String there) throws SQLException {
        List<String> definitions = new ArrayList<>();
        for (String table : List.of(here + ".t", here + ".regions", here + ".`odd ``lines`", there + ".notes")) {
            definitions.add(bench.value("SHOW CREATE TABLE " + table).replace(here, "here"));
        }
        return definitions;
    }

    private TableSwap swap(MigrationPlan plan) {
        return bench.database().swap(plan);
    }

    private MigrationPlan copied() {
        MigrationPlan plan = bench.prepare("t", ALTERS);
        bench.copy(plan, 10);
        return plan;
    }

    private void assertInForce() {
        assertThatThrownBy(() -> bench.sql("INSERT INTO t (id, v, up) VALUES (9, 1, 77)"))
                .hasMessageContaining("t_ibfk_1");
        assertThatThrownBy(() -> bench.sql("DELETE FROM regions")).hasMessageContaining("in_region");
        assertThatThrownBy(() -> bench.sql("INSERT INTO `odd ``lines` VALUES (9, 77)"))
                .hasMessageContaining("of ``t");
        assertThatThrownBy(() -> bench.sql("INSERT INTO " + afar + ".notes VALUES (9, 77)"))
                .hasMessageContaining("of_t");
    }

    @Test
    void whatComesOutIsWhatTheServersOwnAlterMakesAndTheOldTableHasNone() throws Exception {
        String here = bench.schema() + "_native";
        String there = here + "_afar";
        bench.sql("CREATE DATABASE " + here, "CREATE DATABASE " + there);
        List<String> natively;
        try {
            create(here, there);
            for (String alter : ALTERS) {
                bench.sql("ALTER TABLE " + here + ".t " + alter);
            }
            natively = definitions(here, there);
        } finally {
            bench.sql("SET foreign_key_checks = 0", "DROP DATABASE " + there, "DROP DATABASE " + here);
            bench.sql("SET foreign_key_checks = 1");
        }
        MigrationPlan plan = copied();
        assertThat(bench.database().sourceWatch(plan).change()).isEmpty();
        bench.sql("DELETE FROM t WHERE id = 3");

        assertThat(swap(plan)
                        .attempt(
                                SETTINGS,
                                1,
                                (progress, timeout, most) -> TableSwap.Drained.of(List.of(RowKey.of("3")))))
                .isInstanceOf(Outcome.Swapped.class);

        assertThat(definitions(bench.schema(), afar)).isEqualTo(natively);
        assertThat(bench.value("SHOW CREATE TABLE " + MySqlNames.quote(plan.old())))
                .doesNotContain("CONSTRAINT");
        swap(plan).finish();
        assertInForce();
        bench.sql("DELETE FROM t WHERE id = 2");
        assertThat(bench.rows("SELECT * FROM `odd ``lines`")).isEmpty();
        assertThat(bench.rows("SELECT * FROM " + afar + ".notes")).containsExactly("1|null", "2|null");
        assertThat(leftOver(plan)).isEmpty();
    }

    private List<TableName> leftOver(MigrationPlan plan) throws SQLException {
        try (Connection connection = bench.connect()) {
            return ForeignKeyRehearsal.tables(connection, plan.source(), plan.id());
        }
    }

    /** Three tables lose theirs, the RENAME, three tables get theirs. */
    @ParameterizedTest
    @ValueSource(ints = {0, 1, 3, 4, 5, 7})
    void whatTheServersDeathLeavesIsMendedByWhoeverLooksAtTheNames(int statements) throws Exception {
        List<String> before = definitions(bench.schema(), afar);
        MigrationPlan plan = copied();
        Handover handover = new Handover(bench.database().profile(), plan);
        assertThat(handover.packet()).hasSize(7);
        interruptAfter(handover, statements);

        assertThat(swap(plan).isSwapped()).isEqualTo(statements > 3);

        assertInForce();
        assertThat(leftOver(plan)).isEmpty();
        List<String> after = definitions(bench.schema(), afar);
        assertThat(after.subList(1, 4)).isEqualTo(before.subList(1, 4));
        if (statements <= 3) {
            assertThat(after).isEqualTo(before);
            assertThat(bench.database().sourceWatch(plan).change()).isEmpty();
            assertThat(swap(plan).attempt(SETTINGS, 1, NOTHING)).isInstanceOf(Outcome.Swapped.class);
            assertInForce();
        }
    }

    /** Each table gets its own by itself, so what interrupts the packet may leave one with it and the other without. */
    @Test
    void aForeignKeyThatIsMissingIsNotTakenForTheOneOfTheSameNameInAnotherSchema() throws Exception {
        for (String schema : List.of(bench.schema(), afar)) {
            bench.sql("CREATE TABLE " + schema + ".orders (id INT PRIMARY KEY, c INT, CONSTRAINT fk_c FOREIGN KEY (c)"
                    + " REFERENCES " + bench.schema() + ".t (id))");
        }
        String keys = "SELECT constraint_schema, table_name, constraint_name FROM information_schema.table_constraints"
                + " WHERE constraint_name = 'fk_c' AND constraint_schema IN ('" + bench.schema() + "', '" + afar
                + "') ORDER BY 1";
        List<String> both = bench.rows(keys);
        assertThat(both).hasSize(2);
        MigrationPlan plan = copied();
        Handover handover = new Handover(bench.database().profile(), plan);
        List<String> packet = handover.packet();
        try (Connection locking = MySqlSession.connectForSeries(bench.database().profile())) {
            handover.prepare(locking);
            Bench.execute(locking, handover.lockTables());
            Series.oneByOne(locking, packet);
            String missing = "`" + afar + "`.`orders` ";
            assertThat(packet).filteredOn(each -> each.contains(missing)).hasSize(2);
            Series.oneByOne(locking, List.of("ALTER TABLE " + missing + "DROP FOREIGN KEY `fk_c`"));
        }
        assertThat(bench.rows(keys)).hasSize(1);

        assertThat(swap(plan).isSwapped()).isTrue();

        assertThat(bench.rows(keys)).isEqualTo(both);
        assertThat(leftOver(plan)).isEmpty();
        assertInForce();

        bench.sql(
                "UPDATE shoofly.migrations SET rollback_verdict = 'SAFE' WHERE id = '" + plan.id() + "'",
                "ALTER TABLE orders DROP FOREIGN KEY fk_c");
        MigrationPlan back = bench.database().wayBack(plan, List.of()).open(1, Instant.EPOCH);
        assertThat(new Handover(bench.database().profile(), back).packet())
                .as("each of them is dropped where it is")
                .filteredOn(each -> each.contains("DROP FOREIGN KEY `fk_c`"))
                .doesNotHaveDuplicates()
                .hasSize(2);
        assertThat(bench.database().sourceWatch(back).change())
                .as("the swap back is refused with words instead")
                .get()
                .asString()
                .contains("gone: foreign key fk_c of " + bench.schema() + ".orders");
    }

    /** As the death of its process leaves it after so many statements. */
    private void interruptAfter(Handover handover, int statements) throws SQLException {
        try (Connection locking = MySqlSession.connectForSeries(bench.database().profile())) {
            handover.prepare(locking);
            Bench.execute(locking, handover.lockTables());
            Series.oneByOne(locking, handover.packet().subList(0, statements));
        }
    }

    @Test
    void aForeignKeyThatIsMissingFromATableThatWasRenamedSinceIsToldOf() throws Exception {
        MigrationPlan plan = copied();
        Handover handover = new Handover(bench.database().profile(), plan);
        interruptAfter(handover, 4);
        bench.sql("RENAME TABLE " + afar + ".notes TO " + afar + ".remarks");

        assertThat(swap(plan).isSwapped()).isTrue();

        // The first time its process may end before it has recorded what is left.
        for (int time = 1; time <= 2; time++) {
            assertThat(swap(plan).isSwapped()).isTrue();
            assertThat(swap(plan).finish())
                    .as("time %s", time)
                    .singleElement()
                    .asString()
                    .contains(
                            "foreign key of_t of " + afar + ".notes",
                            "is missing",
                            "ALTER TABLE `" + afar + "`.`notes` ADD CONSTRAINT `of_t`");
        }
        swap(plan).told();
        assertThat(leftOver(plan)).isEmpty();
        assertThat(swap(plan).finish()).isEmpty();
        assertThatThrownBy(() -> bench.sql("INSERT INTO `odd ``lines` VALUES (9, 77)"))
                .hasMessageContaining("of ``t");
    }

    @Test
    void whatCannotBeMendedForWantOfALockIsToldWithItsStatements() throws Exception {
        MigrationPlan plan = copied();
        Handover handover = new Handover(bench.database().profile(), plan);
        interruptAfter(handover, 4);
        try (Connection reader = MySqlSession.connect(bench.database().profile())) {
            reader.setAutoCommit(false);
            Bench.execute(reader, "SELECT * FROM t");
            assertThatThrownBy(() -> handover.mend(reader, true, Duration.ofMillis(200)))
                    .hasMessageContaining("'resume " + plan.id() + "'")
                    .hasMessageContaining("ALTER TABLE `" + afar + "`.`notes` ADD CONSTRAINT `of_t`");
            reader.rollback();
        }
        assertThat(swap(plan).finish()).isEmpty();
        assertInForce();
    }

    @Test
    void aClientThatDiesOverThePacketInterruptsNothing() throws Exception {
        MigrationPlan plan = copied();
        Handover handover = new Handover(bench.database().profile(), plan);
        Connection locking = MySqlSession.connectForSeries(bench.database().profile());
        handover.prepare(locking);
        Bench.execute(locking, handover.lockTables());
        List<String> packet = new ArrayList<>(handover.packet());
        packet.add(1, "DO SLEEP(0.5)");
        Thread running = new Thread(() -> {
            try {
                Series.inOnePacket(locking, packet, row -> "none is expected");
            } catch (SQLException expected) {
                // Its connection is gone.
            }
        });
        running.start();
        Bench.await(() -> bench.value("SELECT COUNT(*) FROM information_schema.processlist WHERE state = 'User sleep'"
                        + " AND info LIKE '%DO SLEEP(0.5)%'")
                .equals("1"));
        locking.abort(Runnable::run);
        running.join();

        assertThat(swap(plan).isSwapped()).isTrue();
        assertInForce();
    }

    @Test
    void rowsThatCameWhileAConstraintWasMissingAreReported() throws Exception {
        MigrationPlan plan = copied();
        Handover handover = new Handover(bench.database().profile(), plan);
        try (Connection locking = MySqlSession.connectForSeries(bench.database().profile())) {
            handover.prepare(locking);
            Series.oneByOne(locking, handover.packet().subList(0, 3));
        }
        bench.sql("INSERT INTO " + afar + ".notes VALUES (7, 77)");
        assertThat(swap(plan).isSwapped()).isFalse();
        assertInForce();
        assertThat(swap(plan).attempt(SETTINGS, 1, NOTHING)).isInstanceOf(Outcome.Swapped.class);

        assertThat(swap(plan).finish())
                .singleElement()
                .asString()
                .contains("rows of " + afar + ".notes", "these values and perhaps more: 77", "this finds them: SELECT");
        bench.sql("DELETE FROM " + afar + ".notes WHERE t = 77");
        assertThat(swap(plan).finish()).isEmpty();
    }

    @Test
    void tablesAtTheOtherEndsThatAreRenamedRightAfterTheSwapCostNeitherTheLookAtTheRowsNorTheWayBack()
            throws Exception {
        MigrationPlan plan = copied();
        bench.sql("UPDATE shoofly.migrations SET rollback_verdict = 'SAFE' WHERE id = '" + plan.id() + "'");
        assertThat(swap(plan).attempt(SETTINGS, 1, NOTHING)).isInstanceOf(Outcome.Swapped.class);
        bench.sql(
                "RENAME TABLE regions TO areas",
                "RENAME TABLE " + afar + ".notes TO " + afar + ".remarks",
                "RENAME TABLE `odd ``lines` TO " + afar + ".`even ``lines`",
                "SET foreign_key_checks = 0",
                "INSERT INTO " + afar + ".remarks VALUES (7, 77)",
                "INSERT INTO " + afar + ".`even ``lines` VALUES (8, 88)",
                "SET foreign_key_checks = 1");
        assertThat(swap(plan).finish())
                .as("they are looked at under their new names")
                .hasSize(2)
                .anyMatch(words -> words.contains(afar + ".remarks") && words.contains("77"))
                .anyMatch(words -> words.contains(afar + ".even `lines") && words.contains("88"));
        bench.sql(
                "DELETE FROM " + afar + ".remarks WHERE t = 77",
                "DELETE FROM " + afar + ".`even ``lines` WHERE id = 8");

        MigrationPlan back = bench.database().wayBack(plan, List.of()).open(1, Instant.EPOCH);
        TableSwap there = bench.database().swap(back, TableSwap.Direction.BACK);
        assertThat(there.attempt(SETTINGS, 1, NOTHING)).isInstanceOf(Outcome.Swapped.class);
        assertThat(there.finish()).isEmpty();
        assertThatThrownBy(() -> bench.sql("DELETE FROM areas")).hasMessageContaining("in_region");
        assertThatThrownBy(() -> bench.sql("INSERT INTO " + afar + ".remarks VALUES (9, 77)"))
                .hasMessageContaining("of_t");
        assertThatThrownBy(() -> bench.sql("INSERT INTO " + afar + ".`even ``lines` VALUES (9, 77)"))
                .hasMessageContaining("of ``t");
    }

    @Test
    void aTransactionThatHoldsATableAtTheOtherEndIsNotMadeADeadlocksVictim() throws Exception {
        MigrationPlan plan = copied();
        try (Connection application = bench.connect()) {
            application.setAutoCommit(false);
            Bench.execute(application, "INSERT INTO regions VALUES (2, 20)");
            assertThat(swap(plan).attempt(SETTINGS, 1, NOTHING))
                    .isInstanceOfSatisfying(
                            Outcome.NotSwapped.class,
                            not -> assertThat(not.reason()).contains("regions", "may go on to another"));
            Bench.execute(application, "INSERT INTO t (id, r, v) VALUES (4, 20, 1)");
            application.commit();
        }
        assertThat(leftOver(plan)).isEmpty();
        assertInForce();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "DROP COLUMN up | t_ibfk_1 | drops its column up",
                "MODIFY id BIGINT | odd `lines | may become others",
                "DROP INDEX up | t_ibfk_1 | drops the index that it needs",
                "DROP INDEX by_code | of_code | the server refuses it"
            })
    void whatTheAlteredTableDoesNotSuitIsRefusedBefore(String alter, String key, String why) throws Exception {
        bench.sql(
                "ALTER TABLE t ADD COLUMN code INT, ADD UNIQUE KEY by_code (code)",
                "CREATE TABLE codes (c INT, CONSTRAINT of_code FOREIGN KEY (c) REFERENCES t (code))");
        assertThatThrownBy(() -> bench.prepare("t", alter))
                .isInstanceOfSatisfying(
                        ShooflyException.class, e -> assertThat(e.kind()).isEqualTo(ErrorKind.REFUSED))
                .hasMessageContainingAll(key, why, "Nothing was changed");
        assertThat(bench.rows("SHOW TABLES LIKE '\\_%'")).isEmpty();
        assertThatCode(this::assertInForce).doesNotThrowAnyException();
    }
}
