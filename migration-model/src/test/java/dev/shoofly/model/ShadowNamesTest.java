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

    /** Rows that do not fit are set aside on the way back only, and also on the second one. */
    @Test
    void knowsTheWayBackOfEveryRoundFromTheWayThere() {
        for (String stem : List.of("orders", "_old2", "x_abcdefgh_undone", "two\nlines", "x".repeat(63))) {
            TableName source = new TableName("shop", stem);
            TableName shadow = ShadowNames.of(source, ID, LIMIT).shadow();
            for (int round = 1; round <= 12; round++) {
                TableName old = ShadowNames.old(source, ID, round, LIMIT);
                TableName undone = ShadowNames.undone(source, ID, round, LIMIT);
                assertThat(ShadowNames.isWayBack(plan(source, shadow, old)))
                        .as("%s", old)
                        .isFalse();
                assertThat(ShadowNames.isWayBack(plan(source, old, undone)))
                        .as("%s", undone)
                        .isTrue();
                assertThat(plan(source, old, undone).round()).isEqualTo(round);
                shadow = undone;
            }
        }
    }

    private static MigrationPlan plan(TableName source, TableName shadow, TableName old) {
        KeyColumn column = new KeyColumn("id", "id", KeyType.INTEGER, KeyEquality.EXACT, "bigint", "bigint");
        return new MigrationPlan(
                ID,
                source,
                shadow,
                old,
                new KeyDefinition("PRIMARY", List.of(column)),
                new Projection(List.of(), List.of(), List.of()),
                1,
                "");
    }

    @Test
    void takesAnythingElseForTheFirstSwap() {
        assertThat(ShadowNames.round(new TableName("shop", "orders_old5"), ID)).isEqualTo(1);
        assertThat(ShadowNames.round(new TableName("shop", "_orders_zyxwvuts_old5"), ID))
                .isEqualTo(1);
    }
}
