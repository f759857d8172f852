package dev.shoofly.capture.connector;

import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What the JDBC URL says after the question mark, in Debezium's words. */
final class UrlParameters {
    private static final Set<String> MYSQL_TLS = Set.of(
            "sslmode",
            "usessl",
            "requiressl",
            "verifyservercertificate",
            "trustcertificatekeystoreurl",
            "trustcertificatekeystorepassword",
            "clientcertificatekeystoreurl",
            "clientcertificatekeystorepassword");
    private static final Set<String> POSTGRES_TLS =
            Set.of("sslmode", "sslcert", "sslkey", "sslpassword", "sslrootcert", "sslfactory");

    private static final String POSTGRES_OPTIONS =
            "-c bytea_output=hex -c statement_timeout=0 -c idle_in_transaction_session_timeout=0";

    private final Map<String, String> parameters = new LinkedHashMap<>();

    UrlParameters(String url) {
        int question = url.indexOf('?');
        String query = question < 0 ? "" : url.substring(question + 1);
        for (String parameter : query.split("&", -1)) {
            int equals = parameter.indexOf('=');
            if (equals > 0) {
                parameters.put(decoded(parameter.substring(0, equals)), decoded(parameter.substring(equals + 1)));
            }
        }
    }

    private static String decoded(String text) {
        return URLDecoder.decode(text, StandardCharsets.UTF_8);
    }

    void describeMySql(Properties properties) {
        properties.setProperty("database.ssl.mode", mySqlMode());
        store(properties, "trustcertificatekeystore", "database.ssl.truststore");
        store(properties, "clientcertificatekeystore", "database.ssl.keystore");
        passOn(properties, MYSQL_TLS);
    }

    void describePostgres(Properties properties) {
        for (String name : POSTGRES_TLS) {
            String value = get(name);
            if (value != null) {
                properties.setProperty("database." + name, value);
            }
        }
        passOn(properties, POSTGRES_TLS);
        // The decoder reads bytea in hexadecimal only, whatever the database or role is set to.
        properties.merge("driver.options", POSTGRES_OPTIONS, (own, ours) -> own + " " + ours);
    }

    private String mySqlMode() {
        String mode = get("sslmode");
        if (mode != null) {
            return mode.toLowerCase(Locale.ROOT);
        }
        if ("false".equalsIgnoreCase(get("usessl"))) {
            return "disabled";
        }
        if ("true".equalsIgnoreCase(get("verifyservercertificate"))) {
            return "verify_ca";
        }
        // Connector/J's own default: TLS when the server offers it
        return "true".equalsIgnoreCase(get("requiressl")) ? "required" : "preferred";
    }

    private void store(Properties properties, String parameter, String property) {
        String url = get(parameter + "url");
        String password = get(parameter + "password");
        if (url != null) {
            properties.setProperty(property, url.replaceFirst("^file:(//)?", ""));
        }
        if (password != null) {
            properties.setProperty(property + ".password", password);
        }
    }

    private void passOn(Properties properties, Set<String> handled) {
        parameters.forEach((name, value) -> {
            if (!handled.contains(name.toLowerCase(Locale.ROOT))) {
                properties.setProperty("driver." + name, value);
            }
        });
    }

    private @Nullable String get(String lowerCaseName) {
        for (Map.Entry<String, String> parameter : parameters.entrySet()) {
            if (parameter.getKey().toLowerCase(Locale.ROOT).equals(lowerCaseName)) {
                return parameter.getValue();
            }
        }
        return null;
    }
}
