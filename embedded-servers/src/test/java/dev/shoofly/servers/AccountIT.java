package dev.shoofly.servers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AccountIT {
    @TempDir
    Path directory;

    /** The server refuses to run as root; the directory is one that nobody else may enter. */
    @Test
    void rootRunsTheServerUnderEitherAccountInADirectoryOfItsOwn() throws Exception {
        assumeTrue(Platform.isRoot(), "needs root");
        Path closed = Files.createDirectory(
                directory.resolve("closed"),
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        start(closed, Account.NOBODY, "CREATE TABLE t (id int)");
        start(closed, Account.USER_NAMESPACE, "INSERT INTO t VALUES (1)");
        start(closed, Account.NOBODY, "INSERT INTO t VALUES (2)");
    }

    @Test
    void aTemplateMadeByNobodyIsComplete() throws Exception {
        assumeTrue(Platform.isRoot(), "needs root");
        ServerCache fresh = new ServerCache(directory.resolve("cache"));
        try (EmbeddedPostgres server = EmbeddedPostgres.builder(directory.resolve("data"))
                        .cache(fresh)
                        .start(Account.NOBODY);
                Session session = Session.open(server)) {
            assertThat(session.value("SELECT current_database()")).isEqualTo("shop");
        }
    }

    private static void start(Path closed, Account account, String sql) throws Exception {
        try (EmbeddedPostgres server =
                        EmbeddedPostgres.builder(closed.resolve("data")).start(account);
                Session session = Session.open(server)) {
            session.run(sql);
        }
    }
}
