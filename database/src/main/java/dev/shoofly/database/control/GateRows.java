package dev.shoofly.database.control;

import dev.shoofly.database.connection.ConnectionPool;
import dev.shoofly.model.GateName;
import dev.shoofly.model.GateReport;
import dev.shoofly.model.MigrationId;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/** The columns of {@code shoofly.migrations} that tell of the gates of the cut-over. */
public final class GateRows {
    private final MigrationRows rows;
    private final ConnectionPool pool;

    GateRows(MigrationRows rows) {
        this.rows = rows;
        this.pool = rows.pool();
    }

    /**
     * What is known of the gates.
     *
     * @param reports as last found; empty: nobody has looked yet
     * @param forced later than at the start, by a {@code cutover --force} that was taken
     */
    public record Gates(List<GateReport> reports, Set<GateName> forced) {
        public Gates {
            reports = List.copyOf(reports);
            forced = Set.copyOf(forced);
        }
    }

    public Gates find(MigrationId id) {
        return pool.with("reading the gates of migration " + id, connection -> {
            try (PreparedStatement statement = Sql.prepare(
                            connection, "SELECT gates, forced_gates FROM shoofly.migrations WHERE id = ?", id.value());
                    ResultSet row = statement.executeQuery()) {
                if (!row.next()) {
                    return new Gates(List.of(), Set.of());
                }
                String reports = row.getString(1);
                return new Gates(
                        reports == null ? List.of() : List.of(Json.read(reports, GateReport[].class)),
                        names(row.getString(2)));
            }
        });
    }

    private static Set<GateName> names(@org.jspecify.annotations.Nullable String json) {
        Set<GateName> names = EnumSet.noneOf(GateName.class);
        if (json != null) {
            names.addAll(List.of(Json.read(json, GateName[].class)));
        }
        return names;
    }

    public void save(MigrationId id, long epoch, List<GateReport> reports) {
        rows.set(id, epoch, "gates = ?", Json.write(reports));
    }

    /** In the transaction in which the word is taken that they came with; added to what came with an earlier one. */
    static void force(Connection connection, MigrationId id, ForcedGates forced) throws SQLException {
        Set<GateName> all = EnumSet.noneOf(GateName.class);
        all.addAll(forced.gates());
        try (PreparedStatement statement = Sql.prepare(
                        connection, "SELECT forced_gates FROM shoofly.migrations WHERE id = ?", id.value());
                ResultSet row = statement.executeQuery()) {
            if (row.next()) {
                all.addAll(names(row.getString(1)));
            }
        }
        Sql.update(
                connection, "UPDATE shoofly.migrations SET forced_gates = ? WHERE id = ?", Json.write(all), id.value());
        MigrationRows.log(connection, id, "FORCED", words(forced.gates()) + ", by " + forced.who());
    }

    private static String words(Set<GateName> gates) {
        return String.join(", ", gates.stream().map(GateName::key).sorted().toList());
    }

    /** Notes in the history what the migration was started with. */
    public void logForced(MigrationId id, Set<GateName> gates, String who) {
        rows.log(id, "FORCED", words(gates) + ", by " + who);
    }
}
