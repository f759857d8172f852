package dev.shoofly.database.mysql;

import static org.assertj.core.api.Assertions.assertThat;

import dev.shoofly.model.KeyRange;
import dev.shoofly.model.KeyType;
import dev.shoofly.model.RowKey;
import dev.shoofly.model.TableName;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class MySqlTextsTest {

    @Test
    void identifiersAreQuotedWithDoubledBackticks() {
        assertThat(MySqlNames.quote(new TableName("a b", "select`x"))).isEqualTo("`a b`.`select``x`");
        assertThat(MySqlNames.quote("emoji 😀\"'")).isEqualTo("`emoji 😀\"'`");
    }

    @Test
    void typedTableNamesAreUnderstood() {
        assertThat(MySqlNames.parse("orders", "shop")).isEqualTo(new TableName("shop", "orders"));
        assertThat(MySqlNames.parse(" a.b ", "shop")).isEqualTo(new TableName("a", "b"));
        assertThat(MySqlNames.parse("`a.b`.`c``d.e`", "shop")).isEqualTo(new TableName("a.b", "c`d.e"));
    }

    @Test
    void labelsAreReadWithTheirQuotesAndCommas() {
        assertThat(EnumLabels.of("enum('a','it''s','x,y',')','')")).containsExactly("a", "it's", "x,y", ")", "");
    }

    @Test
    void aRangeOfACompositeKeyNamesTheFirstColumnOutside() {
        KeySide key = new KeySide(
                "`PRIMARY`", List.of(KeyPart.of("a", KeyType.INTEGER, "int"), KeyPart.of("b", KeyType.INTEGER, "int")));
        assertThat(key.range("t.", new KeyRange(RowKey.of("1", "2"), RowKey.of("3", "4"))))
                .hasToString("t.`a` >= ? AND (t.`a` > ? OR (t.`a` = ? AND t.`b` > ?))"
                        + " AND t.`a` <= ? AND (t.`a` < ? OR (t.`a` = ? AND t.`b` <= ?))");
        assertThat(key.range("", KeyRange.ALL)).hasToString("TRUE");
        assertThat(key.in("", List.of(RowKey.of("1", "2"), RowKey.of("3", "4"))))
                .hasToString("(`a`, `b`) IN ((?,?),(?,?))");
    }

    @Test
    void labelsAreComparedByPosition() {
        KeyPart part = KeyPart.of("e", KeyType.ENUM, "enum('z','m','a') CHARACTER SET utf8mb4 COLLATE utf8mb4_bin");
        SqlText greater = new SqlText();
        part.compare(greater, "", ">", "z");
        assertThat(greater).hasToString("`e` IN (? COLLATE utf8mb4_bin, ? COLLATE utf8mb4_bin)");
        SqlText none = new SqlText();
        part.compare(none, "", ">", "a");
        assertThat(none).hasToString("FALSE");
    }

    @Test
    void transactionsOfOneServerAreMentionedTogether() {
        assertThat(MySqlVisibility.gtidSet(Set.of())).isEmpty();
        assertThat(MySqlVisibility.gtidSet(Set.of("", "aa:5"))).isEqualTo("aa:5");
        assertThat(MySqlVisibility.gtidSet(Set.of("aa:5", "bb:1", "aa:tag:7"))).isEqualTo("aa:5,aa:tag:7,bb:1");
    }

    @Test
    void versionsAreComparedByNumber() {
        assertThat(MySqlPreflight.isAtLeast(8_000_013, "8.0.13")).isTrue();
        assertThat(MySqlPreflight.isAtLeast(8_000_013, "8.4.0-log")).isTrue();
        assertThat(MySqlPreflight.isAtLeast(8_000_013, "9.1.0")).isTrue();
        assertThat(MySqlPreflight.isAtLeast(8_000_013, "8.0.12-log")).isFalse();
        assertThat(MySqlPreflight.isAtLeast(8_000_013, "5.7.44")).isFalse();
    }

    @Test
    void howManyRowVersionsATableMayHaveIsToldByTheServersVersion() {
        assertThat(NativeTrial.mostRowVersions("8.0.31")).isEqualTo(64);
        assertThat(NativeTrial.mostRowVersions("9.0.1-commercial")).isEqualTo(64);
        assertThat(NativeTrial.mostRowVersions("9.1.0")).isEqualTo(255);
        assertThat(NativeTrial.mostRowVersions("10.0.0")).isEqualTo(255);
    }

    @Test
    void grantsAreReadWithPatternsRevokesAndRoles() {
        MySqlGrants all = MySqlGrants.of(
                "'u'@'%'",
                List.of(
                        "GRANT SELECT, INSERT, UPDATE, DELETE, CREATE, DROP, PROCESS, INDEX, ALTER, CREATE TEMPORARY TABLES,"
                                + " LOCK TABLES, REPLICATION SLAVE, REPLICATION CLIENT, CREATE VIEW, TRIGGER ON *.* TO `u`@`%`",
                        "GRANT XA_RECOVER_ADMIN ON *.* TO `u`@`%` WITH GRANT OPTION", "GRANT `r`@`%` TO `u`@`%`"));
        assertThat(all.missing("shop")).isEmpty();

        MySqlGrants some = MySqlGrants.of(
                "'u'@'%'",
                List.of(
                        "GRANT USAGE ON *.* TO `u`@`%`",
                        "GRANT ALL PRIVILEGES ON `sh\\_p`.* TO `u`@`%`",
                        "GRANT SELECT (`a`, `b`), INSERT ON `sh_p`.`t` TO `u`@`%`"));
        assertThat(some.missing("sh_p"))
                .hasSize(3)
                .anySatisfy(
                        finding -> assertThat(finding)
                                .contains(
                                        "GRANT REPLICATION SLAVE, REPLICATION CLIENT, PROCESS, XA_RECOVER_ADMIN ON *.* TO 'u'@'%'"));
        assertThat(some.missing("shop")).hasSize(4).first().asString().contains("ON `shop`.* TO 'u'@'%'");

        MySqlGrants revoked = MySqlGrants.of(
                "'u'@'%'",
                List.of("GRANT SELECT ON *.* TO `u`@`%`", "REVOKE SELECT ON `performance_schema`.* FROM `u`@`%`"));
        assertThat(revoked.missing("shop"))
                .anySatisfy(finding -> assertThat(finding).contains("GRANT SELECT ON `performance_schema`.*"));
    }
}
