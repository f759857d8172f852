package dev.shoofly.cli;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.shoofly.coordinator.check.Findings;
import dev.shoofly.coordinator.check.Gate;
import dev.shoofly.model.MigrationState;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What {@code verify --json} prints. Component names are the interface: add, never rename.
 *
 * @param swap whether the next swap is the cut-over or the rollback
 * @param comparison null: nothing can be compared now
 */
@JsonInclude(JsonInclude.Include.ALWAYS)
record VerifyView(
        String id,
        String table,
        String shadow,
        MigrationState state,
        String swap,
        boolean ready,
        List<String> reasons,
        @Nullable ComparisonView comparison,
        List<Gate> gates,
        List<String> notes) {
    private static final ObjectMapper MAPPER = new ObjectMapper();

    /**
     * The rows.
     *
     * @param rows as in the mismatches topic
     */
    record ComparisonView(
            long rowsCompared,
            double seconds,
            long rowsPerSecond,
            long mismatches,
            long repaired,
            long equalAfterMarker,
            long undecided,
            List<JsonNode> rows,
            long unsettled,
            List<String> unsettledKeys,
            List<String> absentKeys,
            boolean complete) {}

    static VerifyView of(Findings findings) {
        Findings.Comparison found = findings.comparison();
        return new VerifyView(
                findings.id(),
                findings.source(),
                findings.shadow(),
                findings.state(),
                findings.swap().name().toLowerCase(java.util.Locale.ROOT),
                findings.isReady(),
                findings.gates().stream()
                        .filter(gate -> !gate.open())
                        .map(gate -> gate.name() + ": " + gate.words())
                        .toList(),
                found == null
                        ? null
                        : new ComparisonView(
                                found.rowsCompared(),
                                found.seconds(),
                                found.rowsPerSecond(),
                                found.mismatches(),
                                found.repaired(),
                                found.lag(),
                                found.undecided(),
                                found.rows().stream()
                                        .map(Findings.Row::json)
                                        .map(VerifyView::read)
                                        .toList(),
                                found.unsettledCount(),
                                found.unsettled(),
                                found.absent(),
                                found.complete()),
                findings.gates(),
                findings.notes());
    }

    private static JsonNode read(String json) {
        try {
            return MAPPER.readTree(json);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("not the JSON of a mismatch: " + json, e);
        }
    }
}
