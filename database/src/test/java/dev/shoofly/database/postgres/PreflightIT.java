package dev.shoofly.database.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.shoofly.database.Database;
import dev.shoofly.database.connection.ConnectionProfile;
import dev.shoofly.database.connection.Secret;
import dev.shoofly.model.ErrorKind;
import dev.shoofly.model.FaultPoints;
import dev.shoofly.model.ShooflyException;
import dev.shoofly.model.TableName;
import dev.shoofly.servers.DatabaseServer;
import dev.shoofly.servers.PostgresVersion;
import dev.shoofly.servers.fixture.TestServers;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What would stop a migration later is said before it starts, with the cure. */
class PreflightIT {
    private static DatabaseServer server;
    private static Lab lab;

    @BeforeAll
    static void open() throws SQLException {
        server = TestServers.dedicatedPostgres(PostgresVersion.V15, Map.of("wal_level", "replica"));
        lab = Lab.open(server, FaultPoints.NONE);
        lab.run("CREATE TABLE fine (id int PRIMARY KEY)", "CREATE ROLE app LOGIN PASSWORD 'app'", "CREATE ROLE boss");
    }

    @AfterAll
    static void close() throws SQLException {
        lab.close();
        server.close();
    }

    private static List<String> findings(String table) {
        return lab.database.preparation().findings(lab.database.preparation().resolve(table));
    }

    @Test
    void aServerWithoutLogicalDecodingIsFound() {
        assertThat(findings("fine")).singleElement().asString().contains("ALTER SYSTEM SET wal_level = 'logical'");
    }

    @Test
    void eachMissingPrivilegeIsNamedWithItsGrant() {
        try (Database poor = new PostgresDatabase(lab.profile("app", "app"), 2, FaultPoints.NONE)) {
            List<String> findings = poor.preparation().findings(new TableName("public", "fine"));
            assertThat(String.join("\n", findings))
                    .contains("ALTER ROLE \"app\" REPLICATION")
                    .contains("GRANT CREATE ON DATABASE \"" + lab.databaseName + "\" TO \"app\"")
                    .contains("GRANT pg_read_all_stats TO \"app\"")
                    .contains("GRANT \"postgres\" TO \"app\"")
                    .contains("GRANT CREATE ON SCHEMA \"public\" TO \"app\"")
                    .contains("schema shoofly belongs to another user");
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "CREATE TABLE x (id int) | no unique index",
                "CREATE TABLE x (id int UNIQUE) | can be null",
                "CREATE TABLE x (id float PRIMARY KEY) | no exact text form",
                "CREATE TABLE x (id int NOT NULL UNIQUE) | REPLICA IDENTITY USING INDEX",
                "CREATE TABLE x (id int PRIMARY KEY DEFERRABLE) | REPLICA IDENTITY FULL",
                "CREATE UNLOGGED TABLE x (id int PRIMARY KEY) | SET LOGGED",
                "CREATE TABLE x (id int PRIMARY KEY); CREATE FUNCTION f() RETURNS SETOF x LANGUAGE sql AS 'SELECT * FROM x' | row type",
                "CREATE TABLE x (id int PRIMARY KEY); CREATE TABLE y (c x[]) | columns of other tables",
                "CREATE TABLE x (id int PRIMARY KEY); CREATE MATERIALIZED VIEW m AS SELECT * FROM x; CREATE VIEW v AS SELECT * FROM m | upon them (public.m)",
                "CREATE TABLE x (id int PRIMARY KEY); CREATE MATERIALIZED VIEW m AS SELECT id, id + 1 AS n FROM x; CREATE STATISTICS s ON id, n FROM m | upon them (public.m)",
                "CREATE TABLE x (id int PRIMARY KEY); CREATE MATERIALIZED VIEW m AS SELECT * FROM x; CREATE FUNCTION g(m) RETURNS int LANGUAGE sql AS 'SELECT 1' | upon them (public.m)",
                "CREATE TABLE x (id int PRIMARY KEY); CREATE TABLE y (f int); CREATE RULE r AS ON DELETE TO y DO ALSO DELETE FROM x | depend on it (public.y)",
                "CREATE TABLE x (id int PRIMARY KEY); CREATE VIEW v AS SELECT 1 AS id; CREATE RULE r AS ON INSERT TO v DO INSTEAD INSERT INTO x VALUES (NEW.id) | depend on it (public.v)",
                "CREATE TABLE x (id int PRIMARY KEY); CREATE TABLE y (f int); CREATE POLICY p ON y USING (f IN (SELECT id FROM x)) | other objects name it (policy p on table public.y)",
                "CREATE TABLE x (id int PRIMARY KEY); CREATE TABLE y (f int); CREATE CONSTRAINT TRIGGER g AFTER INSERT ON y FROM x FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger() | other objects name it (trigger g on table public.y)",
                "CREATE TABLE x (id int PRIMARY KEY); CREATE TABLE y (f regclass DEFAULT 'x'::regclass) | other objects name it (default value for column f of table public.y)",
                "CREATE TABLE x (id int PRIMARY KEY, f int REFERENCES fine); ALTER TABLE x DISABLE TRIGGER ALL | foreign keys are not in force",
                "CREATE TABLE x (id int PRIMARY KEY); CREATE TABLE y (f int REFERENCES x); ALTER TABLE y DISABLE TRIGGER ALL | foreign keys are not in force",
                "CREATE TABLE x (id int PRIMARY KEY); CREATE SUBSCRIPTION other CONNECTION 'dbname=none' PUBLICATION p WITH (connect = false, slot_name = NONE); SET allow_system_table_mods = on; INSERT INTO pg_subscription_rel SELECT oid, 'x'::regclass, 'r' FROM pg_subscription | subscriptions write into it (other)",
                "CREATE TABLE x (id int PRIMARY KEY); CREATE TABLE y (f int REFERENCES x ON UPDATE CASCADE) PARTITION BY LIST (f) | change columns by which their table is partitioned (y_f_fkey on public.y)",
                "CREATE TABLE x (id int PRIMARY KEY); CREATE TABLE y () INHERITS (x) | tables inherit from it",
            })
    void whatTheSwapDoesNotCarryOverIsFound(String definition, String finding) {
        lab.run("DROP TABLE IF EXISTS x CASCADE", "DROP TABLE IF EXISTS y CASCADE", "DROP VIEW IF EXISTS v");
        lab.run("DROP SUBSCRIPTION IF EXISTS other");
        lab.run(definition);
        assertThat(findings("x")).anySatisfy(found -> assertThat(found).contains(finding));
    }

    @Test
    void whoMayNotTakeAlongWhatHangsOnTheTableIsToldWhatIsMissing() {
        lab.run(
                "DROP TABLE IF EXISTS x, y CASCADE",
                "CREATE TABLE x (id int PRIMARY KEY, f int REFERENCES fine)",
                "CREATE TABLE y (f int REFERENCES x)",
                "CREATE SCHEMA IF NOT EXISTS hidden",
                "CREATE VIEW hidden.v AS SELECT * FROM x",
                "CREATE ROLE keeps_m; CREATE MATERIALIZED VIEW hidden.m AS SELECT * FROM x",
                "ALTER MATERIALIZED VIEW hidden.m OWNER TO keeps_m",
                "CREATE PUBLICATION other FOR TABLE x",
                "ALTER TABLE x OWNER TO app",
                "ALTER TABLE x FORCE ROW LEVEL SECURITY, ENABLE ROW LEVEL SECURITY");
        try (Database poor = new PostgresDatabase(lab.profile("app", "app"), 2, FaultPoints.NONE)) {
            List<String> findings = poor.preparation().findings(new TableName("public", "x"));
            assertThat(String.join("\n", findings))
                    .contains(
                            "foreign keys of public.y point to it, and user app does not own that: GRANT postgres TO app")
                    .contains("the view hidden.v reads it, and user app does not own that")
                    .contains("may not create in or use its schema: GRANT USAGE, CREATE ON SCHEMA hidden TO app")
                    .contains(
                            "the view hidden.m reads it, and is built anew, for which its owner needs a right: GRANT CREATE ON"
                                    + " SCHEMA hidden TO keeps_m")
                    .contains("which user app may not lock or refer to: GRANT UPDATE, REFERENCES ON public.fine TO app")
                    .contains("the publication other lists it, and user app does not own that")
                    .contains("ALTER ROLE app BYPASSRLS");
        }
        lab.run("DROP TABLE x CASCADE", "DROP TABLE y", "DROP PUBLICATION other", "DROP ROLE keeps_m");
    }

    @Test
    void aUniqueIndexThatIsTheReplicaIdentityWillDo() {
        lab.run(
                "CREATE TABLE keyless (id int NOT NULL, n int, CONSTRAINT k UNIQUE (id))",
                "ALTER TABLE keyless REPLICA IDENTITY USING INDEX k");
        assertThat(findings("keyless")).noneMatch(found -> found.contains("unique key"));
    }

    @ParameterizedTest
    @CsvSource({
        "fine, public.fine",
        "FINE, public.fine",
        "public.fine, public.fine",
        "\"fine\", public.fine",
        "Upper, public.Upper",
        "\"Upper\", public.Upper",
        "with space, public.with space",
        "\"public\".\"with space\", public.with space"
    })
    void aTableIsFoundAsTheCatalogSpellsIt(String typed, String found) {
        lab.run("CREATE TABLE IF NOT EXISTS \"Upper\" ()", "CREATE TABLE IF NOT EXISTS \"with space\" ()");
        assertThat(lab.database.preparation().resolve(typed)).hasToString(found);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "nowhere | does not exist",
                "other.fine | does not exist",
                "pg_class | a system table",
                "a_view | a view"
            })
    void whatIsNoOrdinaryTableIsRefused(String typed, String reason) {
        lab.run("CREATE OR REPLACE VIEW a_view AS SELECT 1 AS one");
        assertThatThrownBy(() -> lab.database.preparation().resolve(typed))
                .isInstanceOfSatisfying(
                        ShooflyException.class, e -> assertThat(e.kind()).isEqualTo(ErrorKind.REFUSED))
                .hasMessageContaining(reason);
    }

    @Test
    void refusedLoginsAndUnknownDatabasesAreSaidAtOnceAndWithoutThePassword() {
        ConnectionProfile nowhere = new ConnectionProfile(
                "jdbc:postgresql://127.0.0.1:" + server.port() + "/nowhere",
                server.user(),
                new Secret(server.password()));
        assertRefused(nowhere, "there is no database nowhere");
        assertRefused(lab.profile("nobody", "se cret"), "refuses user nobody");
    }

    private static void assertRefused(ConnectionProfile profile, String words) {
        try (Database database = new PostgresDatabase(profile, 2, FaultPoints.NONE)) {
            assertThatThrownBy(() -> database.preparation().resolve("fine"))
                    .isInstanceOfSatisfying(
                            ShooflyException.class, e -> assertThat(e.kind()).isEqualTo(ErrorKind.REFUSED))
                    .hasMessageContaining(words)
                    .hasMessageNotContaining("se cret");
        }
    }
}
