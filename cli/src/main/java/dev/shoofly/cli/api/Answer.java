package dev.shoofly.cli.api;

import java.util.Map;

/**
 * @param body written as JSON
 * @param headers beside those that every answer has
 */
record Answer(int status, Object body, Map<String, String> headers) {
    static Answer of(Object body) {
        return new Answer(200, body, Map.of());
    }

    static Answer error(int status, String why) {
        return error(status, why, Map.of());
    }

    static Answer error(int status, String why, Map<String, String> headers) {
        return new Answer(status, Map.of("error", why), headers);
    }
}
