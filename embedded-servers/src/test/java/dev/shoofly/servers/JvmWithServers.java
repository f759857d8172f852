package dev.shoofly.servers;

import java.nio.file.Path;

/** A JVM that starts the servers, says their process ids, and then waits to be killed. */
final class JvmWithServers {
    private JvmWithServers() {}

    public static void main(String[] arguments) throws Exception {
        Path directory = Path.of(arguments[0]);
        EmbeddedPostgres postgres =
                EmbeddedPostgres.builder(directory.resolve("postgres")).start();
        EmbeddedMySql mySql = EmbeddedMySql.builder(directory.resolve("mysql"))
                .setting("innodb_buffer_pool_size", "64M")
                .start();
        try (Session session = Session.open(mySql)) {
            session.run("CREATE TABLE kept (id int PRIMARY KEY)");
            session.run("INSERT INTO kept VALUES (1)");
        }
        System.out.println(postgres.processId() + " " + mySql.processId());
        System.out.flush();
        if (System.in.read() == 'e') {
            // Ends like a program that forgot to close its servers.
            System.exit(0);
        }
    }
}
