package dev.shoofly.coordinator.strategy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.shoofly.database.ChunkCopier;
import dev.shoofly.database.Database;
import dev.shoofly.database.DeferredIndexes;
import dev.shoofly.database.TableSwap;
import dev.shoofly.database.control.Segment;
import dev.shoofly.database.control.SegmentRows;
import dev.shoofly.model.KeyRange;
import dev.shoofly.model.MigrationId;
import dev.shoofly.model.MigrationPlan;
import dev.shoofly.model.MigrationSpec;
import dev.shoofly.model.MigrationState;
import dev.shoofly.model.RowKey;
import dev.shoofly.model.TableName;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** A change through a shadow, up to the exchange of names, of a table that nobody writes: no capture, no Kafka. */
final class ShadowWalk {
    private final Database database;
    private final MigrationId id;
    private final TableName source;
    private final MigrationSpec spec;

    ShadowWalk(Database database, MigrationId id, TableName source, MigrationSpec spec) {
        this.database = database;
        this.id = id;
        this.source = source;
        this.spec = spec;
    }

    /** @return the plan, whose old table {@link #dropOldTable} takes away */
    MigrationPlan go() {
        database.control().install();
        database.control().migrations().create(id, source, spec, "test", "none");
        enter(MigrationState.CREATED, MigrationState.PLANNING, MigrationState.PREPARING);
        MigrationPlan plan = database.preparation().createShadow(id, source, spec);
        database.control().migrations().savePlan(id, 1, plan);
        database.control().progress().create(id, spec.partitions());
        database.control().markers().create(id);
        enter(MigrationState.PREPARING, MigrationState.COPYING);
        copy(plan);
        assertThat(database.deferredIndexes(plan).build(DeferredIndexes.Writers.AT_WORK, 1, () -> true))
                .isEqualTo(DeferredIndexes.Result.COMPLETE);
        enter(MigrationState.COPYING, MigrationState.SYNCHRONIZING, MigrationState.VALIDATING, MigrationState.READY);
        assertThat(database.comparer(plan).compare(KeyRange.ALL).equal())
                .as("all rows are in the shadow")
                .isTrue();
        TableSwap swap = database.swap(plan);
        assertThat(swap.attempt(
                        spec.cutover().withMaxStall(Duration.ofMinutes(1)),
                        1,
                        (progress, timeout, most) -> TableSwap.Drained.of(List.of())))
                .isInstanceOf(TableSwap.Outcome.Swapped.class);
        swap.finish();
        return plan;
    }

    void dropOldTable(MigrationPlan plan) {
        assertThat(database.oldTable(plan).drop(Duration.ofSeconds(10))).isEmpty();
    }

    private void enter(MigrationState... states) {
        for (int i = 1; i < states.length; i++) {
            database.control().migrations().transition(id, 1, states[i - 1], states[i], "");
        }
    }

    private void copy(MigrationPlan plan) {
        ChunkCopier copier = database.copier(plan);
        Optional<RowKey> highest = copier.highestKey();
        if (highest.isEmpty()) {
            return;
        }
        KeyRange all = new KeyRange(null, highest.get());
        database.control().segments().create(id, List.of(all));
        Segment segment = database.control()
                .segments()
                .claim(id, new SegmentRows.Copier("test", 1), range -> Optional.empty())
                .orElseThrow();
        copier.copy(segment, all, true, keys -> assertThat(keys).isEmpty());
    }
}
