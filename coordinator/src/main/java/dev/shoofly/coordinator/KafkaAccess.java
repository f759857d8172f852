package dev.shoofly.coordinator;

import dev.shoofly.model.MigrationId;
import java.nio.file.Path;
import java.util.Optional;

/** The Kafka that a migration's topics live in. Opened per migration, closed after everything that talks to it. */
public interface KafkaAccess extends AutoCloseable {

    String bootstrapServers();

    /** Where an in-process broker has its data, on this host; empty for an external cluster. */
    default Optional<Path> dataDirectory() {
        return Optional.empty();
    }

    /**
     * Brings an in-process broker that died back up, on its old directory and port. Nothing to do for an external
     * cluster. Called about every 50 ms by the supervisor, so a look at a running broker must cost nothing.
     *
     * @throws dev.shoofly.model.ShooflyException {@link KafkaDiskFull} when there is no room for it to start; REFUSED
     *     when it does not start for another reason
     */
    default void ensureRunning() {}

    @Override
    void close();

    /** The addresses of a cluster, of a text of {@link Provider#describe}; empty: it was a broker in some process. */
    static Optional<String> cluster(String remembered) {
        String prefix = "bootstrap:";
        return remembered.startsWith(prefix) ? Optional.of(remembered.substring(prefix.length())) : Optional.empty();
    }

    /** Where topics of a migration are kept. Implemented by the composition root. */
    interface Provider {

        /**
         * What is remembered with the migration, so that another process knows where its topics are: {@code
         * embedded:host:/absolute/directory} or {@code bootstrap:host:9092,…}.
         */
        String describe(MigrationId id);

        /**
         * @param remembered a text of {@link #describe}, from this process or from an earlier owner
         * @param mustExist whether the migration has topics already: an embedded broker without its data is then an error
         *     of kind REFUSED
         */
        KafkaAccess open(MigrationId id, String remembered, boolean mustExist);

        /**
         * Where the topics of a migration that another process runs can be reached from here. Starts nothing.
         *
         * @param remembered as for {@link #open}
         * @return empty: not from here
         */
        default Optional<String> reach(MigrationId id, String remembered) {
            return Optional.empty();
        }

        /** Removes the data directory of an embedded broker; nothing for an external cluster. After close. */
        void discard(MigrationId id, String remembered);
    }
}
