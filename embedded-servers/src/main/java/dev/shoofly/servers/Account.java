package dev.shoofly.servers;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Under which user PostgreSQL runs: it refuses to run as root, and this JVM may be root. */
enum Account {
    /** The JVM's own, unprivileged user. */
    OWN,

    /**
     * The JVM's user, mostly root, seen as nobody from inside a user namespace. The files stay that user's, so that
     * directories which nobody else may enter work.
     */
    USER_NAMESPACE,

    /**
     * The user nobody, where user namespaces are switched off. It keeps the right to pass directories which only root
     * may enter, but owns the data.
     */
    NOBODY;

    private static final int NOBODY_ID = 65534;
    private static final Duration TRIAL_LIMIT = Duration.ofSeconds(10);

    static Account ofServers() {
        if (!Platform.isRoot()) {
            // initdb wants a name for its user, which a bare number, as in many containers, does not have.
            boolean named = !System.getProperty("user.name", "?").equals("?");
            return named || !USER_NAMESPACE.works() ? OWN : USER_NAMESPACE;
        }
        for (Account account : List.of(USER_NAMESPACE, NOBODY)) {
            if (account.works()) {
                return account;
            }
        }
        throw new ServerException("PostgreSQL refuses to run as root, and neither `unshare -U` nor `setpriv` (package"
                + " util-linux) works here. Run this command as another user, or allow user namespaces"
                + " (sysctl user.max_user_namespaces).");
    }

    private boolean works() {
        return new Command(command(List.of("true")), Map.of()).run(TRIAL_LIMIT).succeeded();
    }

    /** The command, run under this account. */
    List<String> command(List<String> words) {
        List<String> command = new ArrayList<>(prefix());
        command.addAll(words);
        return command;
    }

    private List<String> prefix() {
        return switch (this) {
            case OWN -> List.of();
            case USER_NAMESPACE -> List.of("unshare", "-U", "--");
            case NOBODY ->
                List.of(
                        "setpriv",
                        "--reuid=" + NOBODY_ID,
                        "--regid=" + NOBODY_ID,
                        "--clear-groups",
                        "--securebits=+no_setuid_fixup",
                        "--inh-caps=+dac_override",
                        "--ambient-caps=+dac_override",
                        "--");
        };
    }

    /** Makes sure that the server owns its data, which another account may have written earlier. */
    void own(Path data) throws IOException {
        switch (this) {
            case OWN -> {}
            case USER_NAMESPACE -> changeOwner(data, Platform.user());
            case NOBODY -> changeOwner(data, NOBODY_ID);
        }
    }

    private static void changeOwner(Path data, int owner) throws IOException {
        if (Platform.ownerOf(data) != owner) {
            FileTree.changeOwner(data, owner);
        }
    }
}
