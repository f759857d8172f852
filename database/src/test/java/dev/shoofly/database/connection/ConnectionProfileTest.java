package dev.shoofly.database.connection;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.shoofly.model.ShooflyException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ConnectionProfileTest {
    @ParameterizedTest
    @ValueSource(
            strings = {
                "jdbc:mysql://db/shop?password=hush",
                "jdbc:mysql://db/shop?useSSL=false&Password=hush",
                "jdbc:mysql://db/shop?password1=hush",
                "jdbc:mysql://me:hush@db:3306/shop",
                "jdbc:mysql://me:hu@sh@db/shop",
                "jdbc:postgresql://me:hush@db/shop",
            })
    void aUrlThatCarriesAPasswordIsRefusedWithoutRepeatingIt(String url) {
        assertThatThrownBy(() -> new ConnectionProfile(url, "me", new Secret("hush")))
                .isInstanceOf(ShooflyException.class)
                .hasMessageContaining("carries a password")
                .hasMessageNotContaining("hu");
    }

    @Test
    void portsAndParametersAreNoPasswords() {
        ConnectionProfile profile =
                new ConnectionProfile("jdbc:postgresql://db:5433/shop?options=a:b@c", "me", new Secret("hush"));
        assertThat(profile.port()).isEqualTo(5433);
        assertThat(profile.toString()).doesNotContain("hush");
    }
}
