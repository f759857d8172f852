package dev.shoofly.database.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import dev.shoofly.database.DeferredIndexes;
import dev.shoofly.database.DeferredIndexes.Result;
import dev.shoofly.database.DeferredIndexes.Writers;
import dev.shoofly.model.CutoverSettings;
import dev.shoofly.model.DeferIndexes;
import dev.shoofly.model.MigrationId;
import dev.shoofly.model.MigrationPlan;
import dev.shoofly.model.MigrationSpec;
import dev.shoofly.model.OnDuplicates;
import dev.shoofly.model.StrategyChoice;
import java.sql.Connection;
import java.sql.Statement;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(120)
class DeferredIndexesIT {
    private static final String[] TABLE = {
        "CREATE TABLE t (id int PRIMARY KEY, tenant int NOT NULL, name text UNIQUE, doc jsonb, span int4range,"
                + " EXCLUDE USING gist (span WITH &&))",
        "CREATE INDEX by_tenant ON t (tenant DESC NULLS LAST, id) INCLUDE (name) WITH (fillfactor = 70)",
        "CREATE INDEX \"odd \"\"name\" ON t (lower(name) text_pattern_ops) WHERE tenant > 3 AND name <> 'it''s'",
        "CREATE INDEX docs ON t USING gin (doc jsonb_path_ops)",
        "COMMENT ON INDEX docs IS 'it''s used'",
        "CLUSTER t USING by_tenant",
        "INSERT INTO t SELECT i, i % 7, 'name ' || i, '{}', int4range(i, i + 1) FROM generate_series(1, 500) i"
    };

    @Test
    void theShadowGetsThemBackAsTheyWere() throws Exception {
        try (Lab lab = Lab.open()) {
            lab.run(TABLE);
            MigrationPlan never = prepare(lab, DeferIndexes.NEVER);
            List<String> wanted = indexes(lab, never);
            assertThat(lab.database.deferredIndexes(never).missing()).isEmpty();

            MigrationPlan plan = prepare(lab, DeferIndexes.ALWAYS);
            DeferredIndexes indexes = lab.database.deferredIndexes(plan);
            assertThat(indexes.missing())
                    .containsExactlyInAnyOrder("by_tenant", "odd \"name", "docs", "t_name_key", "added");
            assertThat(indexes.build(Writers.AT_WORK, 4, () -> true)).isEqualTo(Result.NEEDS_STANDSTILL);
            assertThat(indexes.build(Writers.STANDING, 4, () -> true)).isEqualTo(Result.COMPLETE);
            assertThat(indexes.missing()).isEmpty();
            assertThat(indexes(lab, plan)).containsExactlyInAnyOrderElementsOf(wanted);
            assertThat(indexes.build(Writers.AT_WORK, 4, () -> true)).isEqualTo(Result.COMPLETE);
        }
    }

    @Test
    void nothingIsPutOffForASmallTableUnlessAskedFor() throws Exception {
        try (Lab lab = Lab.open()) {
            lab.run(TABLE);
            assertThat(lab.database
                            .deferredIndexes(prepare(lab, DeferIndexes.AUTO))
                            .missing())
                    .isEmpty();
        }
    }

    @Test
    void aBuildThatIsGivenUpLeavesNothingAndBeginsAgain() throws Exception {
        try (Lab lab = Lab.open();
                Connection inTheWay = lab.connect();
                Statement statement = inTheWay.createStatement()) {
            lab.run(TABLE);
            MigrationPlan plan = prepare(lab, DeferIndexes.ALWAYS);
            DeferredIndexes indexes = lab.database.deferredIndexes(plan);
            List<String> all = indexes.missing();
            inTheWay.setAutoCommit(false);
            statement.execute("LOCK TABLE " + PostgresNames.quote(plan.shadow()) + " IN ROW EXCLUSIVE MODE");
            assertThat(indexes.build(
                            Writers.STANDING,
                            2,
                            () -> lab.value("SELECT count(*) FROM pg_locks WHERE NOT granted")
                                    .equals("0")))
                    .isEqualTo(Result.GIVEN_UP);
            assertThat(indexes.missing()).isEqualTo(all);
            inTheWay.rollback();
            assertThat(indexes.build(Writers.STANDING, 2, () -> true)).isEqualTo(Result.COMPLETE);
            assertThat(lab.value("SELECT count(*) FROM pg_index WHERE NOT indisvalid"))
                    .isEqualTo("0");
        }
    }

    private static MigrationPlan prepare(Lab lab, DeferIndexes wish) {
        return lab.database
                .preparation()
                .createShadow(
                        MigrationId.random(new Random()),
                        lab.database.preparation().resolve("t"),
                        new MigrationSpec(
                                "t",
                                List.of("ADD COLUMN w int", "CREATE INDEX added ON t (w)"),
                                StrategyChoice.SHADOW,
                                Lab.PARTITIONS,
                                100,
                                CutoverSettings.DEFAULT,
                                OnDuplicates.FAIL,
                                wish));
    }

    /** Everything but the temporary names and the table's. */
    private static List<String> indexes(Lab lab, MigrationPlan plan) {
        return lab.rows(
                "SELECT substr(pg_get_indexdef(i.indexrelid), strpos(pg_get_indexdef(i.indexrelid), ' USING ')),"
                        + " i.indisunique, i.indisvalid, i.indisclustered, obj_description(i.indexrelid)"
                        + " FROM pg_index i WHERE i.indrelid = to_regclass('" + PostgresNames.quote(plan.shadow())
                        + "')");
    }
}
