package dev.shoofly.cli.input;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.shoofly.cli.input.ServeRequest.Role;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class ServeRequestTest {
    private static Settings.Builder whole() {
        return new Settings.Builder()
                .put(Setting.URL, "jdbc:mysql://127.0.0.1:3306/shop")
                .put(Setting.USER, "root")
                .put(Setting.BOOTSTRAP_SERVERS, "kafka:9092")
                .put(Setting.ROLES, "applier");
    }

    @Test
    void needsOnlyTheRoleTheServerAndKafka() {
        ServeRequest request = ServeRequest.of(whole().build(), Settings.NONE, Optional.of("orders"));

        assertThat(request.bootstrapServers()).isEqualTo("kafka:9092");
        assertThat(request.roles()).containsExactly(Role.APPLIER);
        assertThat(request.threads()).isEqualTo(2);
        assertThat(request.sessionTimeout()).isEqualTo(Duration.ofSeconds(4));
        assertThat(request.choice()).contains("orders");
    }

    @Test
    void refusesRolesThatAreNotOfferedAndSaysWhichAre() {
        assertThatThrownBy(() -> ServeRequest.of(
                        whole().put(Setting.ROLES, "applier,capture, verifer").build(),
                        Settings.NONE,
                        Optional.empty()))
                .isInstanceOf(UsageException.class)
                .hasMessageContaining("this version offers applier, backfill, verifier, not 'capture', 'verifer'");
    }

    @Test
    void takesSeveralRoles() {
        assertThat(ServeRequest.of(
                                whole().put(Setting.ROLES, "applier, backfill").build(),
                                Settings.NONE,
                                Optional.empty())
                        .roles())
                .containsExactlyInAnyOrder(Role.APPLIER, Role.BACKFILL);
    }

    @Test
    void namesAllThatIsMissing() {
        assertThatThrownBy(() -> ServeRequest.of(Settings.NONE, Settings.NONE, Optional.empty()))
                .isInstanceOfSatisfying(
                        UsageException.class,
                        error -> assertThat(error.problems())
                                .anyMatch(problem -> problem.startsWith("--roles is missing"))
                                .anyMatch(problem -> problem.startsWith("--bootstrap-servers is missing"))
                                .anyMatch(problem -> problem.startsWith("--url is missing")));
    }

    @Test
    void leavingTheApplyingToOthersNeedsAKafkaThatTheyReach() {
        Settings settings = new Settings.Builder()
                .put(Setting.URL, "jdbc:mysql://127.0.0.1:3306/shop")
                .put(Setting.USER, "root")
                .put(Setting.APPLIER_THREADS, "0")
                .build();

        assertThatThrownBy(() -> RunRequest.of(settings, Settings.NONE))
                .hasMessageContaining("--applier-threads 0 needs --bootstrap-servers");
    }
}
