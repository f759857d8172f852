package dev.shoofly.capture.connector;

import static org.assertj.core.api.Assertions.assertThat;

import dev.shoofly.capture.Plans;
import dev.shoofly.database.connection.ConnectionProfile;
import dev.shoofly.database.connection.Secret;
import dev.shoofly.model.KeyType;
import dev.shoofly.model.MigrationId;
import dev.shoofly.model.MigrationPlan;
import dev.shoofly.model.TableName;
import java.time.Duration;
import java.util.List;
import java.util.Properties;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class ConnectorPropertiesTest {
    private static final String MYSQL = "jdbc:mysql://db.example:3307/shop";
    private static final String POSTGRES = "jdbc:postgresql://db.example/shop";

    @Test
    void namesAreEscapedForTheListAndForTheExpression() {
        Properties properties = build(MYSQL, new TableName("sh.op", "a,b`🧀"));
        assertThat(properties)
                .containsEntry("table.include.list", "sh\\x{2e}op\\.a\\x{2c}b\\x{60}\\x{1f9c0},shoofly\\.markers")
                .containsEntry("database.include.list", "sh\\x{2e}op,shoofly");
    }

    @Test
    void onlyKeysAndMarkersAreCarried() {
        assertThat(build(MYSQL, new TableName("shop", "orders")))
                .containsEntry(
                        "column.include.list",
                        "shop\\.orders\\.id,shop\\.orders\\.order_id,"
                                + "shoofly\\.markers\\.migration_id,shoofly\\.markers\\.marker");
    }

    @Test
    void postgresKnowsAllThreeNamesAndMakesNothing() {
        assertThat(build(POSTGRES, new TableName("public", "orders")))
                .containsEntry(
                        "table.include.list",
                        "public\\.orders,public\\._orders_abcdefgh_new,public\\._orders_abcdefgh_old,"
                                + "shoofly\\.markers")
                .containsEntry("slot.name", "shoofly_abcdefgh")
                .containsEntry("publication.name", "shoofly_abcdefgh")
                .containsEntry("publication.autocreate.mode", "disabled")
                .containsEntry("slot.drop.on.stop", "false")
                .containsEntry("database.port", "5432");
    }

    @Test
    void theServerIdIsStableAndDiffersByMigration() {
        String first = build(MYSQL, new TableName("shop", "orders")).getProperty("database.server.id");
        assertThat(Long.parseLong(first)).isBetween(1_000_000_000L, 4_294_967_295L);
        assertThat(build(MYSQL, new TableName("shop", "items")).getProperty("database.server.id"))
                .isEqualTo(first);
    }

    @ParameterizedTest
    @CsvSource({
        "'', preferred",
        "?useSSL=false, disabled",
        "?useSSL=true&requireSSL=true, required",
        "?useSSL=true&verifyServerCertificate=true, verify_ca",
        "?sslMode=VERIFY_IDENTITY, verify_identity",
        "?sslMode=DISABLED&useSSL=true, disabled"
    })
    void mySqlTlsFollowsTheUrl(String parameters, String mode) {
        assertThat(build(MYSQL + parameters, new TableName("shop", "orders"))).containsEntry("database.ssl.mode", mode);
    }

    /** Else the throttle takes it for an application, and the migration makes itself small for itself. */
    @Test
    void theCapturesSessionIsKnownAsOurs() {
        assertThat(build(MYSQL + "?connectionAttributes=program_name:other", new TableName("shop", "orders")))
                .containsEntry("driver.connectionAttributes", "program_name:shoofly");
    }

    @Test
    void otherParametersReachTheDriver() {
        assertThat(build(
                        MYSQL + "?allowPublicKeyRetrieval=true&trustCertificateKeyStoreUrl=file:/etc/ca.jks",
                        new TableName("shop", "orders")))
                .containsEntry("driver.allowPublicKeyRetrieval", "true")
                .containsEntry("database.ssl.truststore", "/etc/ca.jks");
        assertThat(build(
                        POSTGRES + "?sslmode=verify-full&sslrootcert=%2Fetc%2Fca.pem&ApplicationName=x",
                        new TableName("public", "orders")))
                .containsEntry("database.sslmode", "verify-full")
                .containsEntry("database.sslrootcert", "/etc/ca.pem")
                .containsEntry("driver.ApplicationName", "x");
    }

    private static Properties build(String url, TableName source) {
        MigrationPlan plan = Plans.of(
                new MigrationId("abcdefgh"), source, List.of(Plans.keyColumn("id", "order_id", KeyType.INTEGER)), 4);
        ConnectionProfile profile = new ConnectionProfile(url, "root", new Secret("s3cret"));
        return new ConnectorProperties(plan, profile, "localhost:9092", Duration.ofSeconds(2), Duration.ofMinutes(10))
                .build();
    }
}
