package dev.shoofly.model;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class ShadowNamesTest {
    private static final int LIMIT = 63;
    private static final MigrationId ID = new MigrationId("abcdefgh");

    @Test
    void namesNoTableOfTwoSwapsAlikeAndStaysWithinTheLimit() {
        for (String stem : List.of("orders", "t", "_old2", "x_abcdefgh_old7", "ö".repeat(31), "x".repeat(63))) {
            TableName source = new TableName("shop", stem);
            Set<TableName> used = new HashSet<>(Set.of(source));
            ShadowNames first = ShadowNames.of(source, ID, LIMIT);
            assertThat(used.add(first.shadow())).isTrue();
            for (int round = 1; round <= 12; round++) {
                TableName old = round == 1 ? first.old() : ShadowNames.old(source, ID, round, LIMIT);
                TableName undone = ShadowNames.undone(source, ID, round, LIMIT);
                for (TableName name : List.of(old, undone)) {
                    assertThat(used.add(name)).as("%s", name).isTrue();
                    assertThat(name.table().getBytes(StandardCharsets.UTF_8)).hasSizeLessThanOrEqualTo(LIMIT);
                    assertThat(ShadowNames.round(name, ID)).as("%s", name).isEqualTo(round);
                }
            }
        }
    }

    @Test
    void takesAnythingElseForTheFirstSwap() {
        assertThat(ShadowNames.round(new TableName("shop", "orders_old5"), ID)).isEqualTo(1);
        assertThat(ShadowNames.round(new TableName("shop", "_orders_zyxwvuts_old5"), ID))
                .isEqualTo(1);
    }
}
