package dev.shoofly.servers;

import static org.assertj.core.api.Assertions.assertThat;

/** What any database server must do: keep committed rows and its address through restart and crash. */
record SurvivalCheck(DatabaseServer server) {
    void survivesRestartAndKill() throws Exception {
        int port = server.port();
        try (Session session = Session.open(server)) {
            session.run("CREATE TABLE survivors (id int PRIMARY KEY)");
            session.run("INSERT INTO survivors VALUES (1)");
        }
        server.restart();
        Session cut = Session.open(server);
        cut.run("INSERT INTO survivors VALUES (2)");
        server.kill();
        cut.connection().abort(Runnable::run);
        server.restart();
        try (Session session = Session.open(server)) {
            session.run("INSERT INTO survivors VALUES (3)");
            assertThat(session.value("SELECT count(*) FROM survivors")).isEqualTo("3");
        }
        assertThat(server.port()).isEqualTo(port);
    }
}
