package dev.shoofly.coordinator;

import dev.shoofly.database.Database;
import dev.shoofly.database.ServerCheck;
import dev.shoofly.database.control.Migration;
import dev.shoofly.model.MigrationId;
import dev.shoofly.model.MigrationState;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.admin.GroupListing;
import org.jspecify.annotations.Nullable;

/** Looks whether a server is fit for migrations, and for what earlier ones left. Changes nothing. Any thread. */
public final class Doctor {
    private static final Duration KAFKA_TIMEOUT = Duration.ofSeconds(20);
    private static final Pattern TOPIC = Pattern.compile("shoofly\\.([a-z0-9]{8})\\..+");
    private static final Pattern GROUP = Pattern.compile("shoofly-([a-z0-9]{8})-.+");

    private final Database database;

    public Doctor(Database database) {
        this.database = database;
    }

    /**
     * What it found. Component names are those of {@code doctor --json}: add, never rename.
     *
     * @param problems of server and user, each with its remedy
     */
    public record Findings(List<String> problems, List<Leftover> leftovers) {
        public Findings {
            problems = List.copyOf(problems);
            leftovers = List.copyOf(leftovers);
        }
    }

    /**
     * What is there of a migration that nobody works on.
     *
     * @param removal the command or statement that removes it
     */
    public record Leftover(String migration, String what, String why, String removal) {}

    /** @param bootstrapServers empty: no Kafka is looked at */
    public Findings examine(Optional<String> bootstrapServers) {
        ServerCheck check = database.serverCheck();
        if (database.control().exist() && !database.control().isInstalled()) {
            // It only looks: who belongs to whom cannot be said before they are brought up to date.
            List<String> problems = new ArrayList<>(check.findings());
            problems.add(
                    "the control tables in schema shoofly are an earlier version's, so leftovers cannot be told from"
                            + " living migrations. 'shoofly list' brings them up to date");
            return new Findings(problems, List.of());
        }
        MigrationControl control = new MigrationControl(database);
        Map<MigrationId, Migration> known =
                control.list().stream().collect(Collectors.toMap(Migration::id, migration -> migration));
        List<Leftover> leftovers = new ArrayList<>();
        for (Migration migration : known.values()) {
            boolean abandoned = !migration.state().isFinal() && !control.isRunning(migration.id());
            if (abandoned) {
                leftovers.add(new Leftover(
                        migration.id().value(),
                        "migration of " + migration.source() + " in state " + migration.state(),
                        "no process runs it",
                        "shoofly resume " + migration.id() + ", or shoofly "
                                + (isSwapped(migration) ? "rollback " : "cancel ") + migration.id()));
            }
        }
        for (ServerCheck.Trace trace : check.traces()) {
            why(trace, known.get(trace.id()))
                    .ifPresent(why -> leftovers.add(
                            new Leftover(trace.id().value(), trace.what(), why, String.valueOf(trace.removal()))));
        }
        bootstrapServers.ifPresent(servers -> leftovers.addAll(inKafka(servers, known)));
        return new Findings(check.findings(), leftovers);
    }

    private static boolean isSwapped(Migration migration) {
        return migration.state() == MigrationState.CUTOVER || migration.resumeState() == MigrationState.CUTOVER;
    }

    /** Empty: it is where it should be. */
    private static Optional<String> why(ServerCheck.Trace trace, @Nullable Migration migration) {
        if (migration == null) {
            return Optional.of(
                    "bears a name that a migration gives, but the migration is not known here: look before you drop"
                            + " it");
        }
        if (!migration.state().isFinal()) {
            return Optional.empty();
        }
        Instant dropAt = migration.retention().dropAt();
        if (trace.kept() && OldTableRetirement.isPending(migration) && dropAt != null) {
            return Optional.of("kept until " + dropAt + " (--retain-old); 'shoofly resume " + migration.id()
                    + "' waits for that time and drops it, if the process that completed the migration is gone");
        }
        return Optional.of(
                trace.kept()
                                && (migration.state() == MigrationState.COMPLETED
                                        || migration.state() == MigrationState.ROLLED_BACK)
                        ? "kept after the swap; drop it when it is no longer wanted"
                        : "its migration is " + migration.state());
    }

    private static List<Leftover> inKafka(String servers, Map<MigrationId, Migration> known) {
        List<Leftover> leftovers = new ArrayList<>();
        try (Admin admin = Admin.create(Map.of(
                AdminClientConfig.BOOTSTRAP_SERVERS_CONFIG,
                servers,
                AdminClientConfig.REQUEST_TIMEOUT_MS_CONFIG,
                (int) KAFKA_TIMEOUT.toMillis(),
                AdminClientConfig.DEFAULT_API_TIMEOUT_MS_CONFIG,
                (int) KAFKA_TIMEOUT.toMillis()))) {
            for (String topic :
                    new TreeSet<>(admin.listTopics().names().get(KAFKA_TIMEOUT.toMillis(), TimeUnit.MILLISECONDS))) {
                orphan(TOPIC, topic, known)
                        .ifPresent(id -> leftovers.add(new Leftover(
                                id,
                                "topic " + topic,
                                "its migration is over or not known here",
                                "kafka-topics.sh --bootstrap-server " + servers + " --delete --topic " + topic)));
            }
            for (GroupListing group : admin.listGroups().all().get(KAFKA_TIMEOUT.toMillis(), TimeUnit.MILLISECONDS)) {
                orphan(GROUP, group.groupId(), known)
                        .ifPresent(id -> leftovers.add(new Leftover(
                                id,
                                "group " + group.groupId(),
                                "its migration is over or not known here",
                                "kafka-streams-groups.sh --bootstrap-server " + servers + " --delete --group "
                                        + group.groupId())));
            }
        } catch (ExecutionException | TimeoutException e) {
            leftovers.add(new Leftover("", "Kafka at " + servers, "it does not answer: " + e.getMessage(), ""));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        return leftovers;
    }

    private static Optional<String> orphan(Pattern pattern, String name, Map<MigrationId, Migration> known) {
        Matcher ours = pattern.matcher(name);
        if (!ours.matches()) {
            return Optional.empty();
        }
        Migration migration = known.get(new MigrationId(ours.group(1)));
        return migration == null || migration.state().isFinal() ? Optional.of(ours.group(1)) : Optional.empty();
    }
}
