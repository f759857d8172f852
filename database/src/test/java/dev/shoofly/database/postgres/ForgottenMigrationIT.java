package dev.shoofly.database.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.shoofly.model.ErrorKind;
import dev.shoofly.model.MigrationPlan;
import dev.shoofly.model.ShooflyException;
import java.sql.SQLException;
import org.junit.jupiter.api.Test;

/** Somebody cancels a migration while a process still works on it. */
class ForgottenMigrationIT {
    @Test
    void aMarkerThatWasNotWrittenHasNoNumber() throws SQLException {
        try (Lab lab = Lab.open()) {
            lab.run("CREATE TABLE t (id int PRIMARY KEY)");
            MigrationPlan plan = lab.prepare("t", "ADD x int");
            lab.database.control().migrations().forgetStages(plan.id());
            assertThatThrownBy(() -> lab.database.control().markers().next(plan.id()))
                    .isInstanceOfSatisfying(
                            ShooflyException.class, e -> assertThat(e.kind()).isEqualTo(ErrorKind.SUPERSEDED));
        }
    }
}
