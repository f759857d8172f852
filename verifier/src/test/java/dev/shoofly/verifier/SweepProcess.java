package dev.shoofly.verifier;

import dev.shoofly.database.connection.ConnectionProfile;
import dev.shoofly.database.connection.Secret;
import dev.shoofly.model.FaultPoints;
import dev.shoofly.model.MigrationId;
import dev.shoofly.model.VerifySettings;
import java.util.List;

/**
 * A process that verifies and dies without a word as soon as a part of the sweep is saved: arguments URL, user, brokers, id
 * of the migration, its epoch; the password in the environment. Exit 137 at that point. Another process applies.
 */
final class SweepProcess {
    static final int KILLED = 137;
    static final String PASSWORD = "SHOOFLY_TEST_PASSWORD";

    /** So small that a part of the sweep is saved twice before its end. */
    static final int CHUNK = 100;

    private SweepProcess() {}

    public static void main(String[] arguments) {
        ConnectionProfile profile =
                new ConnectionProfile(arguments[0], arguments[1], new Secret(System.getenv(PASSWORD)));
        MigrationId id = new MigrationId(arguments[3]);
        FaultPoints die = name -> {
            if (name.equals("verify.swept-part")) {
                // No shutdown hook, no finally block: as kill -9 would.
                Runtime.getRuntime().halt(KILLED);
            }
        };
        try (LiveTable table = LiveTable.find(profile, arguments[2], id)) {
            Verification verification = new Verification(
                    VerificationSettings.of(table.plan(), CHUNK, VerifySettings.DEFAULT),
                    table.surroundings(table.database().comparer(table.plan()), List.of()),
                    VerificationStore.of(
                            table.database().control().verification(), id, Long.parseLong(arguments[4]), die));
            verification.open();
            System.out.println(verification.run().message());
        }
    }
}
