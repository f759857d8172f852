package dev.shoofly.cli.input;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.shoofly.model.CutoverConditions;
import dev.shoofly.model.CutoverMode;
import dev.shoofly.model.GateName;
import dev.shoofly.model.KillBlockers;
import dev.shoofly.model.OnDuplicates;
import dev.shoofly.model.StrategyChoice;
import dev.shoofly.model.Transform;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class MigrateRequestTest {

    private static Settings.Builder minimal() {
        return new Settings.Builder()
                .put(Setting.URL, "jdbc:mysql://db.example:3306/shop")
                .put(Setting.USER, "root")
                .put(Setting.TABLE, "orders")
                .put(Setting.ALTER, "engine=innodb");
    }

    private static MigrateRequest of(Settings.Builder settings) {
        return MigrateRequest.of(settings.build(), Settings.NONE);
    }

    @Test
    void fillsInDefaults() {
        MigrateRequest request = of(minimal());

        assertThat(request.spec().strategy()).isEqualTo(StrategyChoice.AUTO);
        assertThat(request.spec().partitions()).isEqualTo(8);
        assertThat(request.spec().onDuplicates()).isEqualTo(OnDuplicates.FAIL);
        assertThat(request.spec().cutover().mode()).isEqualTo(CutoverMode.AUTO);
        assertThat(request.run().dataDirectory()).isEqualTo(Path.of(".shoofly"));
        assertThat(request.run().bootstrapServers()).isEmpty();
        assertThat(request.run().metricsPort()).isEmpty();
        assertThat(request.run().connection().password()).isEqualTo(new PasswordSource.None());
    }

    @Test
    void takesEveryValueAsGiven() {
        MigrateRequest request = of(minimal()
                .put(Setting.ALTER, List.of("ADD COLUMN a int", " DROP COLUMN b "))
                .put(Setting.STRATEGY, "shadow")
                .put(Setting.CUTOVER, "manual")
                .put(Setting.DETACH, "true")
                .put(Setting.LOCK_TIMEOUT, "250ms")
                .put(Setting.DRAIN_TIMEOUT, "2s")
                .put(Setting.DRAIN_KEYS, "10")
                .put(Setting.CUTOVER_RETRIES, "3")
                .put(Setting.PARTITIONS, "16")
                .put(Setting.CHUNK_ROWS, "5_000")
                .put(Setting.ON_DUPLICATES, "hold")
                .put(Setting.METRICS_PORT, "0"));

        assertThat(request.spec().alters()).containsExactly("ADD COLUMN a int", "DROP COLUMN b");
        assertThat(request.spec().chunkRows()).isEqualTo(5000);
        assertThat(request.spec().onDuplicates()).isEqualTo(OnDuplicates.HOLD);
        assertThat(request.spec().cutover().lockTimeout()).isEqualTo(Duration.ofMillis(250));
        assertThat(request.spec().cutover().drainTimeout()).isEqualTo(Duration.ofSeconds(2));
        assertThat(request.spec().cutover().drainKeys()).isEqualTo(10);
        assertThat(request.spec().cutover().retries()).isEqualTo(3);
        assertThat(request.run().detach()).isTrue();
        assertThat(request.run().metricsPort()).contains(0);
    }

    @Test
    void takesTheConditionsOfTheCutover() {
        CutoverConditions defaults = of(minimal()).spec().cutover().conditions();
        assertThat(defaults).isEqualTo(CutoverConditions.DEFAULT);
        assertThat(of(minimal()).spec().cutover().maxStall()).isEqualTo(Duration.ofMillis(500));

        CutoverConditions given = of(minimal()
                        .put(Setting.CUTOVER_WINDOW, "Mon-Fri 02:00-04:00 Europe/Amsterdam")
                        .put(Setting.POSTPONE_CUTOVER_FILE, "postpone")
                        .put(Setting.FORCE, "lag,holders")
                        .put(Setting.KILL_BLOCKERS, "idle-in-transaction")
                        .put(Setting.BLOCKER_PATIENCE, "1m"))
                .spec()
                .cutover()
                .conditions();
        assertThat(given.window()).isEqualTo("Mon-Fri 02:00-04:00 Europe/Amsterdam");
        assertThat(Path.of(String.valueOf(given.postponeFile()))).isAbsolute().hasFileName("postpone");
        assertThat(given.forced()).containsExactly(GateName.LAG, GateName.HOLDERS);
        assertThat(given.killBlockers()).isEqualTo(KillBlockers.IDLE_IN_TRANSACTION);
        assertThat(given.blockerPatience()).isEqualTo(Duration.ofMinutes(1));
    }

    @Test
    void refusesConditionsThatMeanNothing() {
        assertThatThrownBy(() -> of(minimal()
                        .put(Setting.CUTOVER_WINDOW, "02:00-04:00")
                        .put(Setting.POSTPONE_CUTOVER_FILE, " ")
                        .put(Setting.FORCE, "verification")
                        .put(Setting.KILL_BLOCKERS, "everybody")))
                .hasMessageContaining("--cutover-window must be times and a time zone")
                .hasMessageContaining("--postpone-cutover-file must not be empty")
                .hasMessageContaining("--force cannot skip the gate verification")
                .hasMessageContaining("--kill-blockers must be off or idle-in-transaction or all, not 'everybody'");
    }

    @Test
    void takesWhatComesAfterTheSwap() {
        assertThat(of(minimal()).spec().cutover().retainOld()).isNull();
        assertThat(of(minimal()).run().webhook()).isEmpty();
        MigrateRequest given = of(minimal()
                .put(Setting.RETAIN_OLD, "24h")
                .put(Setting.WEBHOOK, "https://hooks.example/x?token=t")
                .put(Setting.AUTO_ROLLBACK, List.of("p99>500ms for 30s", "query>0 for 1m"))
                .put(Setting.AUTO_ROLLBACK_QUERY, "SELECT 1"));
        assertThat(given.spec().cutover().retainOld()).isEqualTo(Duration.ofHours(24));
        assertThat(given.run().webhook()).isPresent();
        assertThat(given.spec().cutover().autoRollback().triggers()).hasSize(2);
        assertThatThrownBy(() -> of(minimal()
                        .put(Setting.WEBHOOK, "ftp://geheim@hooks.example")
                        .put(Setting.AUTO_ROLLBACK, List.of("p99>500 for 30s", "http for 1s"))
                        .put(Setting.AUTO_ROLLBACK_QUERY, "SELECT 1")))
                .hasMessageContaining("--webhook must be an address of http:// or https://")
                .hasMessageContaining("--auto-rollback must be a condition such as")
                .hasMessageContaining("--auto-rollback-query go together")
                .hasMessageContaining("--auto-rollback-http go together")
                .message()
                .doesNotContain("geheim");
    }

    @Test
    void takesTransformsWithOrWithoutAnAlter() {
        List<String> texts = List.of("full_name=concat(a, '=', b)", "\"E\"=lower(\"E\")");
        assertThat(of(minimal().put(Setting.TRANSFORM, texts)).spec().transforms())
                .containsExactly(
                        new Transform("full_name", "concat(a, '=', b)"), new Transform("\"E\"", "lower(\"E\")"));
        Settings alone = new Settings.Builder()
                .put(Setting.URL, "jdbc:mysql://db.example:3306/shop")
                .put(Setting.USER, "root")
                .put(Setting.TABLE, "orders")
                .put(Setting.TRANSFORM, texts)
                .build();
        assertThat(MigrateRequest.of(alone, Settings.NONE).spec().alters()).isEmpty();
    }

    @Test
    void splitsOnlyWhereItMayChooseTheStrategy() {
        assertThat(of(minimal()).split()).isFalse();
        assertThat(of(minimal().put(Setting.SPLIT, "true")).split()).isTrue();
        assertThatThrownBy(() -> of(minimal()
                        .put(Setting.SPLIT, "true")
                        .put(Setting.STRATEGY, "online")
                        .put(Setting.TRANSFORM, List.of("a=b"))))
                .hasMessageContaining("--split chooses a strategy for each part")
                .hasMessageContaining("--split does not go with --transform");
    }

    @Test
    void namesATransformWithoutAnExpression() {
        assertThatThrownBy(() -> of(minimal().put(Setting.TRANSFORM, List.of("full_name", "a="))))
                .hasMessageContaining("--transform must be column=expression, not 'full_name'")
                .hasMessageContaining("not 'a='");
    }

    @Test
    void reportsAllProblemsTogether() {
        Settings settings = new Settings.Builder()
                .put(Setting.PARTITIONS, "none")
                .put(Setting.LOCK_TIMEOUT, "5")
                .put(Setting.CUTOVER, "never")
                .build();

        assertThatThrownBy(() -> MigrateRequest.of(settings, Settings.NONE))
                .isInstanceOfSatisfying(
                        UsageException.class,
                        error -> assertThat(error.problems())
                                .hasSize(7)
                                .anyMatch(problem -> problem.startsWith("--url is missing"))
                                .anyMatch(problem -> problem.startsWith("--user is missing"))
                                .anyMatch(problem -> problem.startsWith("--table is missing"))
                                .anyMatch(problem -> problem.startsWith("--alter is missing"))
                                .contains("--cutover must be auto or manual, not 'never'")
                                .contains("--partitions must be a whole number, not 'none'")
                                .contains("--lock-timeout must be a number with its unit, such as 500ms, 1s, 5m or 2h,"
                                        + " not '5'"));
    }

    @ParameterizedTest
    @CsvSource({
        "PARTITIONS, 0",
        "PARTITIONS, 257",
        "CHUNK_ROWS, 0",
        "CHUNK_ROWS, 99999999999",
        "METRICS_PORT, 65536",
        "LOCK_TIMEOUT, 0s",
        "LOCK_TIMEOUT, 2h",
        "DRAIN_TIMEOUT, -1s",
        "STRATEGY, SHADOW",
        "DETACH, yes"
    })
    void refusesWhatIsOutOfRangeInsteadOfCorrectingIt(Setting setting, String text) {
        assertThatThrownBy(() -> of(minimal().put(setting, text)))
                .isInstanceOf(UsageException.class)
                .hasMessageContaining(setting.option())
                .hasMessageContaining("'" + text + "'");
    }

    @Test
    void refusesToDetachFromAnAutomaticCutover() {
        assertThatThrownBy(() -> of(minimal().put(Setting.DETACH, "true")))
                .isInstanceOf(UsageException.class)
                .hasMessageContaining("--detach needs --cutover manual");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "jdbc:mysql://root:geheim@db/shop",
                "jdbc:postgresql://db/shop?password=geheim",
                "jdbc:mysql://db/shop?trustCertificateKeyStorePassword=geheim"
            })
    void refusesAUrlWithCredentialsAndDoesNotRepeatThem(String url) {
        assertThatThrownBy(() -> of(minimal().put(Setting.URL, url)))
                .isInstanceOf(UsageException.class)
                .hasMessageContaining("--url must not carry credentials")
                .hasMessageNotContaining("geheim");
    }

    @ParameterizedTest
    @ValueSource(strings = {"mysql://db/shop", "jdbc:oracle:thin:@db", "jdbc:mysql://db", "jdbc:mysql://db:3306/", "x"})
    void refusesAUrlThatIsNone(String url) {
        assertThatThrownBy(() -> of(minimal().put(Setting.URL, url)))
                .isInstanceOf(UsageException.class)
                .hasMessageContaining("--url");
    }

    @Test
    void refusesTwoPasswordSources() {
        assertThatThrownBy(() -> of(minimal().put(Setting.PASSWORD_ENV, "PW").put(Setting.PASSWORD_FILE, "/pw")))
                .isInstanceOf(UsageException.class)
                .hasMessageContaining("exclude each other");
    }
}
