package dev.shoofly.coordinator;

import dev.shoofly.database.connection.SqlErrors;
import dev.shoofly.database.control.Command;
import dev.shoofly.model.ErrorKind;
import dev.shoofly.model.MigrationState;
import dev.shoofly.model.ShooflyException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Pause, hold and resume: who asks for one (an operator, a disk, an error that somebody must cure) waits until the one before
 * is done, so that state and stages never say different things. The state on the server comes first, for it can fail; what
 * follows is in this process and cannot. An interrupted pause or resume is completed by asking again.
 */
final class Pauses {
    private static final Logger LOG = LoggerFactory.getLogger(Pauses.class);
    private static final Duration RECORD_EVERY = Duration.ofSeconds(1);
    private final RunContext context;
    private final Lifecycle lifecycle;
    private final KafkaAccess kafka;
    private final DiskGuard disk;
    private final Supplier<@Nullable Stages> stages;
    /** The broker's disk is full: nothing may be started, and the broker not be brought back, before a resume. */
    private volatile boolean withoutKafka;

    private boolean braking;
    private int resumes;

    Pauses(RunContext context, KafkaAccess kafka, DiskGuard disk, Supplier<@Nullable Stages> stages) {
        this.context = context;
        this.lifecycle = context.lifecycle();
        this.kafka = kafka;
        this.disk = disk;
        this.stages = stages;
    }

    /** What a pause leaves at work. */
    enum Extent {
        ALL_BUT_CAPTURE,
        ALL
    }

    /** Without anybody's word. */
    void pause(String why, Extent extent) {
        pause(why, extent, null);
    }

    /** @return the answer for the one who asked */
    String pause(Command word, Extent extent) {
        return pause("asked for", extent, word);
    }

    private synchronized String pause(String why, Extent extent, @Nullable Command word) {
        // Begun, and heard again: what follows its record failed for the moment. The record alone does not mean that
        // this process knows: it may have given up waiting for the answer to its commit.
        boolean again = word != null && word.isBegun() && lifecycle.state() == MigrationState.PAUSED;
        boolean first = again || lifecycle.pause(why, word);
        if (lifecycle.state() != MigrationState.PAUSED) {
            return "nothing to pause in state " + lifecycle.state();
        }
        if (!first && word != null) {
            // Whoever takes the migration over goes on with it: this word is none for him.
            context.control().commands().answer(word, lifecycle.epoch(), Command.PAUSING);
        }
        context.faultPoints().reach("pause.recorded");
        Stages running = stages.get();
        List<String> busy = running == null ? List.of() : running.pause();
        String capture = running != null && extent == Extent.ALL ? "; " + stopCapture(running) : "";
        String done = (first ? "paused" : "paused already") + capture;
        return busy.isEmpty()
                ? done
                : done + "; not confirmed yet by " + String.join(", ", busy)
                        + ", which may be finishing a batch or a chunk, or be cut off";
    }

    private String stopCapture(Stages running) {
        String retention = running.retention();
        running.stopCapture();
        return "the capture is stopped too: " + retention;
    }

    /** The guard of the disks found one too small. While it waited for its turn somebody may have made room and resumed. */
    synchronized void brakeIfStillShort() {
        disk.shortage().ifPresent(this::brake);
    }

    private synchronized void brake(DiskGuard.Shortage shortage) {
        Stages running = stages.get();
        boolean standsAlready = lifecycle.state() == MigrationState.PAUSED
                && (!shortage.isBrokers() || running == null || running.isCaptureStopped());
        if (standsAlready) {
            return;
        }
        if (!braking) {
            LOG.warn("migration {} is paused: {}", context.id(), worded(shortage));
            braking = true;
        }
        pause(worded(shortage), shortage.isBrokers() ? Extent.ALL : Extent.ALL_BUT_CAPTURE);
    }

    private String worded(DiskGuard.Shortage shortage) {
        String state = switch (lifecycle.workState()) {
            case CREATED, PLANNING, PREPARING -> "Nothing was created.";
            default ->
                shortage.isBrokers()
                        ? "Nothing is lost: capture and applier stand still and go on from here."
                        : "Nothing is lost: what is copied stays, and changes go on being captured.";
        };
        return shortage.words() + ". " + state + " Make room and run 'resume " + context.id()
                + "' (with --disk-reserve to let less be free, or off), or 'cancel " + context.id() + "'";
    }

    /** Before anything is made or goes on: returns when there is room, however long that takes. Phase thread. */
    void awaitRoom() throws InterruptedException {
        Optional<DiskGuard.Shortage> shortage = disk.shortageAtStart();
        while (shortage.isPresent()) {
            brake(shortage.get());
            lifecycle.awaitResume();
            shortage = disk.shortageAtStart();
        }
    }

    /** As {@link #awaitRoom}, for stages that are started next: in a pause they capture. */
    void pauseWithoutRoom() {
        disk.shortageAtStart().ifPresent(this::brake);
    }

    /** Before stages are started. Those that exist and the state say the same from here on. Phase thread. */
    synchronized void adopt(Stages created) {
        if (lifecycle.state() == MigrationState.PAUSED) {
            created.hold();
        }
    }

    /** Before anything that needs Kafka. */
    void awaitKafka() throws InterruptedException {
        if (withoutKafka) {
            lifecycle.awaitResume();
        }
    }

    void ensureKafkaRuns() {
        if (!withoutKafka) {
            kafka.ensureRunning();
        }
    }

    /** @return the answer for the one who asked */
    synchronized String resume(Command word) {
        boolean paused = lifecycle.state() == MigrationState.PAUSED;
        if (word.isBegun() && paused && lifecycle.isPausedInRow()) {
            return Command.RESUMED + ", and paused again since";
        }
        // Begun, and paused nowhere but here: the answer to its commit never came.
        boolean unknown = word.isBegun() && paused;
        if (paused && !unknown) {
            Optional<String> objection = objection();
            if (objection.isPresent()) {
                return "refused: " + objection.get();
            }
            context.control().appliers().forgive(context.id());
        }
        // Begun, and heard again: what follows its record failed for the moment.
        if ((unknown || !word.isBegun()) && !lifecycle.resume(word)) {
            return "nothing to resume in state " + lifecycle.state();
        }
        withoutKafka = false;
        braking = false;
        resumes++;
        context.faultPoints().reach("resume.recorded");
        Stages running = stages.get();
        if (running != null) {
            running.resume();
        }
        return Command.RESUMED;
    }

    private Optional<String> objection() {
        Optional<DiskGuard.Shortage> shortage = disk.shortageAtStart();
        if (shortage.isPresent()) {
            return shortage.map(this::worded);
        }
        try {
            if (withoutKafka) {
                kafka.ensureRunning();
            }
            return Optional.empty();
        } catch (KafkaDiskFull e) {
            return Optional.of(fullDisk(e));
        }
    }

    /**
     * After an error that somebody must cure, when the phases have ended: the migration is PAUSED. On a full disk even that
     * may have no room to be recorded; then it is tried until it has.
     *
     * @param check throws when the run is to end instead
     */
    void hold(ShooflyException error, Runnable check) {
        int before = resumesSoFar();
        String why = SqlErrors.isDiskFull(error) ? fullDisk(error) : String.valueOf(error.getMessage());
        LOG.warn("migration {} is held until 'resume {}': {}", context.id(), context.id(), why);
        context.view().failed(why);
        while (true) {
            check.run();
            try {
                record(why, error instanceof KafkaDiskFull, before);
                return;
            } catch (ShooflyException e) {
                if (!SqlErrors.isDiskFull(e)) {
                    throw e;
                }
                LOG.debug("no room to record the pause: {}", e.getMessage());
            }
            sleep();
        }
    }

    private synchronized int resumesSoFar() {
        return resumes;
    }

    /**
     * Not longer than one attempt: who asks for something meanwhile is to be heard. A resume that came meanwhile counts: what
     * stood in the way may be gone.
     */
    private synchronized void record(String why, boolean brokerIsFull, int resumesBefore) {
        if (resumes == resumesBefore) {
            withoutKafka = brokerIsFull;
            lifecycle.hold(why);
        }
        context.view().failed(null);
    }

    private String fullDisk(ShooflyException error) {
        String said = String.valueOf(error.getMessage());
        return "Insufficient disk space: " + said + (said.endsWith(".") ? "" : ".")
                + " Nothing is lost: what is done stays, and goes on from" + " here. Make room and run 'resume "
                + context.id() + "', or 'cancel " + context.id() + "'";
    }

    private void sleep() {
        try {
            Thread.sleep(RECORD_EVERY.toMillis());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new ShooflyException(ErrorKind.SUPERSEDED, "interrupted while a full disk keeps the pause back", e);
        }
    }
}
