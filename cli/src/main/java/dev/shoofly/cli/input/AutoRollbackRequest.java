package dev.shoofly.cli.input;

import dev.shoofly.model.AutoRollback;
import dev.shoofly.model.RollbackTrigger;
import dev.shoofly.model.RollbackTrigger.Signal;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** What was typed about a rollback without anybody's word. */
final class AutoRollbackRequest {
    private AutoRollbackRequest() {}

    static AutoRollback read(Settings settings, Checks checks) {
        List<String> texts = settings.all(Setting.AUTO_ROLLBACK);
        List<Signal> signals = new ArrayList<>();
        for (String text : texts) {
            try {
                signals.add(RollbackTrigger.parse(text).signal());
            } catch (IllegalArgumentException e) {
                checks.problem("--auto-rollback " + e.getMessage() + ", not '" + text + "'");
            }
        }
        Optional<String> query = settings.one(Setting.AUTO_ROLLBACK_QUERY).filter(text -> !text.isBlank());
        Optional<String> http = settings.one(Setting.AUTO_ROLLBACK_HTTP);
        if (signals.contains(Signal.QUERY) != query.isPresent()) {
            checks.problem("--auto-rollback \"query>…\" and --auto-rollback-query go together");
        }
        if (signals.contains(Signal.HTTP) != http.isPresent()) {
            checks.problem("--auto-rollback \"http for …\" and --auto-rollback-http go together");
        }
        if (http.isPresent() && !isAddress(http.get())) {
            checks.problem("--auto-rollback-http must be an address of http:// or https:// with a host");
        }
        return new AutoRollback(texts, query.orElse(null), http.orElse(null));
    }

    private static boolean isAddress(String text) {
        try {
            URI address = new URI(text);
            return address.getHost() != null && List.of("http", "https").contains(String.valueOf(address.getScheme()));
        } catch (URISyntaxException e) {
            return false;
        }
    }
}
