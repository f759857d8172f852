package dev.shoofly.cli.api;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.Headers;
import dev.shoofly.database.connection.Secret;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class GuardTest {
    private static final String TOKEN = "0123456789abcdef";
    private final Guard guard = new Guard(new Secret(TOKEN));

    private static Headers headers(String host, String authorization) {
        Headers headers = new Headers();
        headers.add("Host", host);
        headers.add("Authorization", authorization);
        return headers;
    }

    private int status(Headers headers) {
        return guard.refuse(headers).map(Answer::status).orElse(200);
    }

    @ParameterizedTest
    @ValueSource(strings = {"localhost", "LOCALHOST:1", "127.0.0.1:8088", "[::1]:8088", "[::1]"})
    void letsThoseInWhoAskThisHostAndShowTheToken(String host) {
        assertThat(status(headers(host, "Bearer " + TOKEN))).isEqualTo(200);
        assertThat(status(headers(host, "bearer  " + TOKEN))).isEqualTo(200);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "evil.example",
                "evil.example:8088",
                "localhost.evil.example",
                "127.0.0.1.evil.example",
                "127.0.0.2",
                "localhost:8088:1",
                "user@localhost",
                "localhost:"
            })
    void turnsAwayWhatIsMeantForAnotherHostWhateverTokenItShows(String host) {
        assertThat(status(headers(host, "Bearer " + TOKEN))).isEqualTo(403);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"", "Bearer", "Bearer x", "Basic " + TOKEN, TOKEN, "Bearer " + TOKEN + "0", "Bearer 0" + TOKEN})
    void turnsAwayWhoDoesNotShowTheToken(String authorization) {
        Answer answer = guard.refuse(headers("localhost", authorization)).orElseThrow();
        assertThat(answer.status()).isEqualTo(401);
        assertThat(answer.headers()).containsKey("WWW-Authenticate");
        assertThat(Objects.toString(answer.body())).doesNotContain(TOKEN);
    }

    @Test
    void oneOfTwoHeadersIsNotChosen() {
        Headers twoHosts = headers("localhost", "Bearer " + TOKEN);
        twoHosts.add("Host", "evil.example");
        assertThat(status(twoHosts)).isEqualTo(403);
        Headers twoTokens = headers("localhost", "Bearer " + TOKEN);
        twoTokens.add("Authorization", "Bearer x");
        assertThat(status(twoTokens)).isEqualTo(401);
        assertThat(status(new Headers())).isEqualTo(403);
    }
}
