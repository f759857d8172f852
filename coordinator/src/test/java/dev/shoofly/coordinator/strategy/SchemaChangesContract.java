package dev.shoofly.coordinator.strategy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.shoofly.coordinator.MigrationControl;
import dev.shoofly.coordinator.MigrationOutcome;
import dev.shoofly.coordinator.MigrationRunner;
import dev.shoofly.coordinator.Planner;
import dev.shoofly.coordinator.RunnerSettings;
import dev.shoofly.database.Database;
import dev.shoofly.database.Databases;
import dev.shoofly.database.connection.ConnectionProfile;
import dev.shoofly.database.connection.Secret;
import dev.shoofly.database.control.Migration;
import dev.shoofly.model.CutoverSettings;
import dev.shoofly.model.FaultPoints;
import dev.shoofly.model.MigrationId;
import dev.shoofly.model.MigrationMetrics;
import dev.shoofly.model.MigrationPlan;
import dev.shoofly.model.MigrationSpec;
import dev.shoofly.model.MigrationState;
import dev.shoofly.model.ShooflyException;
import dev.shoofly.model.Strategy;
import dev.shoofly.model.StrategyChoice;
import dev.shoofly.model.TableName;
import dev.shoofly.servers.DatabaseServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.assertj.core.api.SoftAssertions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Every change of the list is planned and carried out, by the server itself or through a shadow, and definition and rows are
 * compared with what the plain statement makes of a table of the same definition. The outcome is the page in {@code
 * docs/schema-changes}: the test fails when they differ; {@code -Dshoofly.docs=write} writes it. {@code -Dshoofly.changes=regex}
 * tries only the changes whose names match, and leaves the page's other lines as they are.
 */
abstract class SchemaChangesContract {
    /** In the list of changes: where the table's name goes, for statements that need it. */
    static final String TABLE = "things";

    @TempDir
    Path directory;

    abstract DatabaseServer server();

    abstract Path page();

    abstract String title();

    /** Statements that create the table, with some rows, after whatever was there is dropped. */
    abstract List<String> create();

    /** As above, elsewhere. */
    abstract List<String> createOracle();

    /** How to name the oracle's table in ALTER TABLE, and in place of the table's own name in a whole statement. */
    abstract String oracle();

    abstract List<Change> changes();

    /** Everything about the definition, without the name of database or schema. */
    abstract String definition(Statement statement, boolean ofOracle) throws SQLException;

    @Test
    void everyChangeTakesThePathThatThePageSays() throws Exception {
        SoftAssertions failures = new SoftAssertions();
        StringBuilder page = new StringBuilder(
                title() + "\n\n| change | `--alter` | path | tested | why |\n|---|---|---|---|---|\n");
        try (Database database = Databases.open(
                new ConnectionProfile(server().jdbcUrl(), server().user(), new Secret(server().password())),
                6,
                FaultPoints.NONE)) {
            for (Change change : changes()) {
                page.append(isWanted(change) ? rowOrFailure(database, change, failures) : lineOf(change));
            }
        }
        if ("write".equals(System.getProperty("shoofly.docs"))) {
            Files.createDirectories(page().getParent());
            Files.writeString(page(), page);
        }
        failures.assertAll();
        assertThat(page.toString()).isEqualTo(read(page()));
    }

    /** One run tells of all changes that are not what they should be. */
    private String rowOrFailure(Database database, Change change, SoftAssertions failures) {
        try {
            return row(database, change);
        } catch (SQLException | AssertionError e) {
            failures.collectAssertionError(new AssertionError(change.name() + ": " + e.getMessage(), e));
            return lineOf(change);
        }
    }

    private static boolean isWanted(Change change) {
        return change.name().matches(System.getProperty("shoofly.changes", ".*"));
    }

    /** What an earlier run has written, if any. */
    private String lineOf(Change change) {
        return read(page())
                .lines()
                .filter(line -> line.startsWith(head(change)))
                .findFirst()
                .map(line -> line + "\n")
                .orElse("");
    }

    private static String head(Change change) {
        return "| " + change.name() + " | `" + change.alter() + "` | ";
    }

    private static String read(Path page) {
        try {
            return Files.readString(page);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private String row(Database database, Change change) throws SQLException {
        forgetEarlier(database);
        try (Connection connection =
                        DriverManager.getConnection(server().jdbcUrl(), server().user(), server().password());
                Statement statement = connection.createStatement()) {
            for (String each : create()) {
                statement.execute(each);
            }
            for (String each : createOracle()) {
                statement.execute(each);
            }
            for (String each : change.given()) {
                statement.execute("ALTER TABLE " + TABLE + " " + each);
                statement.execute("ALTER TABLE " + oracle() + " " + each);
            }
            MigrationSpec spec = new MigrationSpec(
                    TABLE, List.of(change.alter()), StrategyChoice.AUTO, 2, 500, CutoverSettings.DEFAULT);
            TableName source = database.preparation().resolve(TABLE);
            MigrationId id = MigrationId.random(new SecureRandom());
            String path;
            String tested;
            String why;
            try {
                Planner.Decision decision = new Planner(database).decide(id, source, spec);
                path = decision.strategy().name();
                why = String.join("; ", decision.reasons());
                if (decision.strategy() == Strategy.SHADOW) {
                    throughShadow(new ShadowWalk(database, id, source, spec), change, statement);
                } else {
                    carryOut(database, spec, change, statement);
                }
                tested = movesTable(change) ? "rows as before" : change.rows().words;
            } catch (ShooflyException e) {
                assertThat(definition(statement, false))
                        .as("%s is refused and changes nothing", change.alter())
                        .isEqualTo(definition(statement, true));
                path = "refused";
                tested = "nothing changed";
                why = String.valueOf(e.getMessage());
            }
            return head(change) + path + " | " + tested + " | "
                    + why.replace("|", "\\|").replace("\n", " ").replace(id.value(), "ID") + " |\n";
        }
    }

    private void carryOut(Database database, MigrationSpec spec, Change change, Statement statement)
            throws SQLException {
        long rows = count(statement, TABLE);
        try (MigrationRunner runner = new MigrationRunner(
                database,
                new NoKafka(),
                new RunnerSettings("test:1", directory, 1, Duration.ofSeconds(4), Duration.ofMillis(100), false),
                MigrationMetrics.NONE,
                FaultPoints.NONE)) {
            assertThat(runner.start(spec)).as(change.alter()).isEqualTo(MigrationOutcome.COMPLETED);
        }
        if (movesTable(change)) {
            assertThat(count(statement, TABLE))
                    .as("it is not under its old name")
                    .isEqualTo(-1);
            assertThat(count(statement, moved(change))).as(change.alter()).isEqualTo(rows);
            return;
        }
        isWhatThePlainStatementMakes(change, statement);
        Migration done = new MigrationControl(database).list().get(0);
        assertThat(done.state()).isEqualTo(MigrationState.COMPLETED);
        assertThat(done.stepsDone())
                .isEqualTo(Objects.requireNonNull(done.nativePlan()).steps().size());
    }

    private void throughShadow(ShadowWalk walk, Change change, Statement statement) throws SQLException {
        MigrationPlan plan = walk.go();
        isWhatThePlainStatementMakes(change, statement);
        walk.dropOldTable(plan);
    }

    private void isWhatThePlainStatementMakes(Change change, Statement statement) throws SQLException {
        statement.execute(onOracle(change.alter()).orElse("ALTER TABLE " + oracle() + " " + change.alter()));
        assertThat(definition(statement, false)).as(change.alter()).isEqualTo(definition(statement, true));
        String these = change.rows() == Change.Rows.BUT_FOR_X ? "id, name, note, amount, price, made, shop" : "*";
        assertThat(rows(statement, these, TABLE)).as(change.alter()).isEqualTo(rows(statement, these, oracle()));
    }

    /** Every row as one text, in the order of the key. */
    private static List<String> rows(Statement statement, String columns, String table) throws SQLException {
        List<String> found = new ArrayList<>();
        try (ResultSet rows = statement.executeQuery("SELECT " + columns + " FROM " + table + " ORDER BY id")) {
            while (rows.next()) {
                List<String> row = new ArrayList<>();
                for (int i = 1; i <= rows.getMetaData().getColumnCount(); i++) {
                    row.add(String.valueOf(rows.getString(i)));
                }
                found.add(String.join("|", row));
            }
        }
        assertThat(found).isNotEmpty();
        return found;
    }

    /** A whole statement that names the table, or an index of it; empty: it is what follows ALTER TABLE. */
    abstract Optional<String> onOracle(String alter);

    private static boolean movesTable(Change change) {
        return change.alter().matches("(?is)(RENAME TO|SET SCHEMA) .*");
    }

    /** {@code RENAME TO b}, {@code SET SCHEMA b}. */
    private static String moved(Change change) {
        String target = change.alter().substring(change.alter().lastIndexOf(' ') + 1);
        return change.alter().startsWith("SET SCHEMA") ? target + "." + TABLE : target;
    }

    private static long count(Statement statement, String table) throws SQLException {
        try (ResultSet rows = statement.executeQuery("SELECT count(*) FROM " + table)) {
            rows.next();
            return rows.getLong(1);
        } catch (SQLException e) {
            return -1;
        }
    }

    private static void forgetEarlier(Database database) {
        for (Migration earlier : new MigrationControl(database).list()) {
            database.control().migrations().forget(earlier.id());
        }
    }

    static List<String> texts(Statement statement, String query) throws SQLException {
        List<String> texts = new ArrayList<>();
        try (ResultSet rows = statement.executeQuery(query)) {
            while (rows.next()) {
                texts.add(rows.getString(1));
            }
        }
        return texts;
    }
}
