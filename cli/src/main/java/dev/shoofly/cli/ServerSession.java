package dev.shoofly.cli;

import dev.shoofly.cli.input.ConnectionRequest;
import dev.shoofly.cli.input.RememberedConnection;
import dev.shoofly.cli.input.Settings;
import dev.shoofly.cli.input.UsageException;
import dev.shoofly.cli.run.ProcessKafka;
import dev.shoofly.cli.throttle.Throttles;
import dev.shoofly.coordinator.Doctor;
import dev.shoofly.coordinator.Explainer;
import dev.shoofly.coordinator.MigrationControl;
import dev.shoofly.coordinator.check.OnDemandVerification;
import dev.shoofly.coordinator.check.ShadowTraffic;
import dev.shoofly.database.Database;
import dev.shoofly.database.Databases;
import dev.shoofly.database.connection.ConnectionProfile;
import dev.shoofly.database.control.Migration;
import dev.shoofly.database.control.Misfits;
import dev.shoofly.database.control.ThrottleRows;
import dev.shoofly.model.DiskSettings;
import dev.shoofly.model.ErrorKind;
import dev.shoofly.model.FaultPoints;
import dev.shoofly.model.ShooflyException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** A short conversation with the migrated server, for the verbs that look at migrations or talk to a running process. */
final class ServerSession implements AutoCloseable {
    /** As many as compare at a time, and two more. A pool opens only what is used. */
    private static final int CONNECTIONS = 10;

    private final Database database;
    private final MigrationControl control;

    private ServerSession(Database database) {
        this.database = database;
        this.control = new MigrationControl(database);
    }

    static ServerSession open(Settings settings, Invocation invocation) {
        Settings remembered = new RememberedConnection(ConnectionOptions.dataDirectory(settings)).load();
        ConnectionProfile profile = ConnectionRequest.of(settings, remembered).profile(invocation.environment());
        invocation.mask().add(profile.password());
        return new ServerSession(Databases.open(profile, CONNECTIONS, FaultPoints.NONE));
    }

    MigrationControl control() {
        return control;
    }

    Explainer explainer(DiskSettings disk) {
        return new Explainer(database, disk);
    }

    Doctor.Findings examine(Optional<String> bootstrapServers) {
        return new Doctor(database).examine(bootstrapServers);
    }

    /** @param bootstrapServers of the migration's cluster, where it has moved; null: as the migration remembers */
    OnDemandVerification verification(Settings settings, @Nullable String bootstrapServers, Duration patience) {
        return new OnDemandVerification(
                database,
                new ProcessKafka(ConnectionOptions.dataDirectory(settings), Optional.ofNullable(bootstrapServers)),
                InstantSource.system(),
                patience);
    }

    /** @param bootstrapServers as with {@link #verification(Settings, String, Duration)} */
    ShadowTraffic traffic(Settings settings, @Nullable String bootstrapServers, Duration patience) {
        return new ShadowTraffic(
                database,
                new ProcessKafka(ConnectionOptions.dataDirectory(settings), Optional.ofNullable(bootstrapServers)),
                patience);
    }

    ApplyStatus apply(Migration migration) {
        return ApplyStatus.of(database.control(), migration);
    }

    MigrationView.@Nullable VerificationStatus verification(Migration migration) {
        return MigrationView.VerificationStatus.of(database.control(), migration);
    }

    /** Of the open rollback window; none otherwise. */
    Misfits misfits(Migration migration) {
        return migration.rollback().isOpen() ? database.control().misfits().summary(migration.id()) : Misfits.NONE;
    }

    @Nullable
    ReadsStatus reads(Migration migration) {
        return ReadsStatus.of(database.control(), migration);
    }

    List<GateView> gates(Migration migration) {
        return GateView.of(
                migration,
                database.control().gates().find(migration.id()),
                InstantSource.system().instant());
    }

    ThrottleRows.Row throttle(Migration migration) {
        return database.control().throttle().find(migration.id());
    }

    Throttles throttles() {
        return new Throttles(database);
    }

    /** The named migration; without a name the only active one, else the newest. */
    Migration choose(@Nullable String idOrTable) {
        if (idOrTable != null) {
            return control.find(idOrTable);
        }
        List<Migration> all = control.list();
        List<Migration> active =
                all.stream().filter(migration -> !migration.state().isFinal()).toList();
        if (active.size() > 1) {
            throw new UsageException("several migrations are active, name one: "
                    + active.stream()
                            .map(migration -> migration.id() + " (" + migration.source() + ")")
                            .collect(Collectors.joining(", ")));
        }
        return active.stream()
                .findFirst()
                .or(() -> all.stream().findFirst())
                .orElseThrow(() -> new ShooflyException(
                        ErrorKind.REFUSED,
                        "there is no migration on " + database.profile().host() + ":"
                                + database.profile().port() + "; nothing was done"));
    }

    @Override
    public void close() {
        database.close();
    }
}
