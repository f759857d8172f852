package dev.shoofly.coordinator;

import dev.shoofly.database.Database;
import dev.shoofly.database.control.Migration;
import dev.shoofly.model.MigrationId;
import dev.shoofly.model.MigrationSpec;
import dev.shoofly.model.MigrationState;
import dev.shoofly.model.ShooflyException;
import dev.shoofly.model.Split;
import dev.shoofly.model.Strategy;
import dev.shoofly.model.TableName;
import dev.shoofly.model.throttle.ThrottleSettings;
import java.security.SecureRandom;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The parts of a request, one migration after the other. What is done stays, whatever becomes of the parts behind it. Each row
 * of {@code shoofly.migrations} holds the whole request, so that any process can go on with it.
 */
final class SplitRun {
    private static final Logger LOG = LoggerFactory.getLogger(SplitRun.class);
    private final Database database;
    private final MigrationRunner runner;
    private final StopRequests stops;

    SplitRun(Database database, MigrationRunner runner, StopRequests stops) {
        this.database = database;
        this.runner = runner;
        this.stops = stops;
    }

    MigrationOutcome start(MigrationSpec asked, ThrottleSettings throttle) {
        TableName source = database.preparation().resolve(asked.table());
        if (database.control().update()) {
            Optional<Migration> active = database.control().migrations().findActive(source);
            if (active.filter(found -> found.spec().isPartOf(asked)).isPresent()) {
                LOG.info("continuing migration {} of {}", active.get().id(), source);
                return goOn(runner.run(active.get().id()), active.get().id());
            }
            Optional<Migration> last = latest(source);
            if (active.isEmpty()
                    && last.filter(found -> isUnfinished(found, asked)).isPresent()) {
                return goOn(MigrationOutcome.COMPLETED, last.get().id());
            }
        }
        List<MigrationSpec> parts =
                new Splitter(database, MigrationId.random(new SecureRandom()), source, asked).split();
        if (parts.size() == 1) {
            LOG.info("{} is not split: all of it takes the same path, or belongs together", source);
            return runner.startOne(asked, throttle);
        }
        requireFitness(source, parts, throttle);
        return follow(runner.startOne(parts.get(0), throttle), throttle);
    }

    /** The newest of the table. */
    private Optional<Migration> latest(TableName source) {
        return database.control().migrations().list().stream()
                .filter(found -> found.source().equals(source))
                .findFirst();
    }

    private static boolean isUnfinished(Migration found, MigrationSpec asked) {
        Split split = found.spec().split();
        return found.state() == MigrationState.COMPLETED
                && split != null
                && !split.isLast()
                && found.spec().isPartOf(asked);
    }

    /** Nothing is begun if a later part could not be begun as things are. */
    private void requireFitness(TableName source, List<MigrationSpec> parts, ThrottleSettings throttle) {
        for (MigrationSpec part : parts) {
            Planner.Decision decision =
                    new Planner(database).decide(MigrationId.random(new SecureRandom()), source, part);
            if (decision.strategy() == Strategy.SHADOW) {
                Preflight.check(database, source, decision.reasons());
                Preflight.check(database, throttle);
            }
        }
    }

    /** After this one has ended so. */
    MigrationOutcome goOn(MigrationOutcome outcome, MigrationId id) {
        if (outcome != MigrationOutcome.COMPLETED) {
            return outcome;
        }
        Optional<Migration> done = database.control().migrations().find(id);
        Split split = done.map(found -> found.spec().split()).orElse(null);
        if (split == null || split.isLast()) {
            return outcome;
        }
        return next(
                done.get().spec(), split, database.control().throttle().find(id).settings());
    }

    private MigrationOutcome follow(MigrationOutcome outcome, ThrottleSettings throttle) {
        Optional<MigrationId> id = runner.snapshot().map(MigrationSnapshot::id);
        if (outcome != MigrationOutcome.COMPLETED || id.isEmpty()) {
            return outcome;
        }
        MigrationSpec done =
                database.control().migrations().find(id.get()).orElseThrow().spec();
        Split split = done.split();
        return split == null || split.isLast() ? outcome : next(done, split, throttle);
    }

    private MigrationOutcome next(MigrationSpec done, Split split, ThrottleSettings throttle) {
        try {
            stops.check();
        } catch (StopRequests.Stopped e) {
            return e.outcome();
        }
        Split next = new Split(split.whole(), split.parts(), split.index() + 1);
        LOG.info(
                "{} is done; going on with {}: {}",
                split.words(),
                next.words(),
                next.parts().get(next.index()));
        MigrationOutcome outcome;
        try {
            outcome = runner.startOne(done.part(next), throttle);
        } catch (ShooflyException e) {
            throw new ShooflyException(
                    e.kind(),
                    next.words() + " could not be begun or was given up; the parts before it are done and stay. "
                            + e.getMessage() + " The same command tries it again.",
                    e);
        }
        return follow(outcome, throttle);
    }
}
