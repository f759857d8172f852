package dev.shoofly.coordinator.strategy;

import dev.shoofly.servers.DatabaseServer;
import dev.shoofly.servers.fixture.TestServers;
import java.nio.file.Path;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Optional;

class MySqlSchemaChangesIT extends SchemaChangesContract {
    private static final String COLUMNS = " (id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY, name VARCHAR(40) NOT NULL,"
            + " note VARCHAR(40) NULL, amount INT NOT NULL DEFAULT 0, price DECIMAL(10,2) NULL,"
            + " kind ENUM('a','b') NOT NULL DEFAULT 'a', made DATETIME NULL, doc JSON NULL, flags BIT(4) NULL, shop BIGINT NULL,"
            + " UNIQUE KEY things_name (name), KEY things_amount (amount), KEY things_shop (shop),"
            + " CONSTRAINT things_check CHECK (amount >= 0),"
            + " CONSTRAINT things_old_shop FOREIGN KEY (shop) REFERENCES shops (id)) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4";
    private static final String FIT_FOR_PARTITIONS = "DROP FOREIGN KEY things_old_shop, DROP INDEX things_name";
    private static final String BY_RANGE =
            "PARTITION BY RANGE (id) (PARTITION p0 VALUES LESS THAN (2)," + " PARTITION p1 VALUES LESS THAN (10))";
    private static final String ROWS =
            " (name, note, amount, shop) VALUES ('one', 'x', 1, 1), ('two', 'y', 2, 2), ('three', 'z', 3, NULL)";

    @Override
    DatabaseServer server() {
        return TestServers.mysql();
    }

    @Override
    Path page() {
        return Path.of("..", "docs", "schema-changes", "mysql.md");
    }

    @Override
    String title() {
        return "# Schema changes on MySQL 8.0.31";
    }

    @Override
    List<String> create() {
        return List.of(
                "DROP TABLE IF EXISTS things, renamed",
                "DROP TABLE IF EXISTS shops",
                "CREATE TABLE shops (id BIGINT PRIMARY KEY)",
                "INSERT INTO shops VALUES (1), (2)",
                "CREATE TABLE things" + COLUMNS,
                "INSERT INTO things" + ROWS);
    }

    @Override
    List<String> createOracle() {
        return List.of(
                "CREATE DATABASE IF NOT EXISTS oracle",
                "DROP TABLE IF EXISTS oracle.things, oracle.renamed",
                "CREATE TABLE IF NOT EXISTS oracle.shops (id BIGINT PRIMARY KEY)",
                "INSERT IGNORE INTO oracle.shops VALUES (1), (2)",
                "CREATE TABLE oracle.things" + COLUMNS,
                "INSERT INTO oracle.things" + ROWS);
    }

    @Override
    String oracle() {
        return "oracle.things";
    }

    @Override
    Optional<String> onOracle(String alter) {
        return alter.startsWith("CREATE ")
                ? Optional.of(alter.replace(" ON things ", " ON oracle.things "))
                : Optional.empty();
    }

    @Override
    String definition(Statement statement, boolean ofOracle) throws SQLException {
        try (var row = statement.executeQuery("SHOW CREATE TABLE " + (ofOracle ? "oracle.things" : "things"))) {
            row.next();
            return row.getString(2);
        }
    }

    @Override
    List<Change> changes() {
        return List.of(
                Change.of("add a nullable column", "ADD COLUMN x INT"),
                Change.of("add a column with a default", "ADD COLUMN x INT NOT NULL DEFAULT 7"),
                Change.of("add a column between others", "ADD COLUMN x INT AFTER id"),
                Change.of("add a column with a computed default", "ADD COLUMN x CHAR(36) NOT NULL DEFAULT (UUID())"),
                Change.of("a computed default for new rows", "ALTER COLUMN x SET DEFAULT (UUID())")
                        .given("ADD COLUMN x CHAR(36) NULL"),
                Change.of("NOT NULL under a computed default", "MODIFY x CHAR(36) NOT NULL DEFAULT (UUID())")
                        .given("ADD COLUMN x CHAR(36) NOT NULL DEFAULT 'filled'", "MODIFY x CHAR(36) NULL"),
                Change.of("add a virtual generated column", "ADD COLUMN x INT AS (amount * 2) VIRTUAL"),
                Change.of("add a stored generated column", "ADD COLUMN x INT AS (amount * 2) STORED"),
                Change.of("drop a column", "DROP COLUMN note"),
                Change.of("rename a column", "RENAME COLUMN note TO remark"),
                Change.of("several columns at once", "ADD COLUMN x INT, DROP COLUMN note, RENAME COLUMN made TO since"),
                Change.of("add an invisible column", "ADD COLUMN x INT INVISIBLE"),
                Change.of("add a spatial column", "ADD COLUMN x GEOMETRY NULL SRID 4326"),
                Change.of(
                                "add a column that counts",
                                "ADD COLUMN x BIGINT NOT NULL AUTO_INCREMENT, ADD UNIQUE KEY things_x (x)")
                        .given("MODIFY id BIGINT NOT NULL"),
                Change.of("let the key count no more", "MODIFY id BIGINT NOT NULL"),
                Change.of("another type of the key", "MODIFY id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT"),
                Change.of("signed to unsigned", "MODIFY amount INT UNSIGNED NOT NULL DEFAULT 0"),
                Change.of("more bits", "MODIFY flags BIT(12) NULL"),
                Change.of("JSON to text", "MODIFY doc LONGTEXT NULL"),
                Change.of("date and time to a moment", "MODIFY made TIMESTAMP NULL"),
                Change.of("remove an enum value", "MODIFY kind ENUM('a') NOT NULL DEFAULT 'a'"),
                Change.of("enum to text", "MODIFY kind VARCHAR(10) NOT NULL DEFAULT 'a'"),
                Change.of("move a column to the front", "MODIFY note VARCHAR(40) NULL FIRST"),
                Change.of("the default character set alone", "DEFAULT CHARACTER SET latin1"),
                Change.of("all texts by bytes", "CONVERT TO CHARACTER SET utf8mb4 COLLATE utf8mb4_bin"),
                Change.of("add an index on a prefix", "ADD INDEX things_start (note(10))"),
                Change.of("add a descending index", "ADD INDEX things_down (amount DESC)"),
                Change.of("drop a unique index", "DROP INDEX things_name"),
                Change.of("a default that is computed", "ALTER COLUMN amount SET DEFAULT (1 + 1)"),
                Change.of("statistics", "STATS_PERSISTENT = 1, STATS_SAMPLE_PAGES = 100"),
                Change.of(
                        "all sorts of things at once",
                        "MODIFY amount BIGINT NOT NULL DEFAULT 1, DROP COLUMN price,"
                                + " RENAME COLUMN note TO remark, ADD COLUMN x INT NOT NULL DEFAULT 3,"
                                + " ADD INDEX things_made (made), RENAME INDEX things_amount TO by_amount,"
                                + " DROP CHECK things_check, ADD CONSTRAINT things_x CHECK (x < 9)"),
                Change.of("widen an integer", "MODIFY amount BIGINT NOT NULL DEFAULT 0"),
                Change.of("narrow an integer", "MODIFY amount SMALLINT NOT NULL DEFAULT 0"),
                Change.of("number to text", "MODIFY price TEXT"),
                Change.of("lengthen a varchar, up to 255 bytes", "MODIFY note VARCHAR(60)"),
                Change.of("lengthen a varchar beyond 255 bytes", "MODIFY note VARCHAR(200)"),
                Change.of("shorten a varchar", "MODIFY note VARCHAR(20)"),
                Change.of("varchar to text", "MODIFY note TEXT"),
                Change.of("more digits", "MODIFY price DECIMAL(12,2)"),
                Change.of("fractional seconds", "MODIFY made DATETIME(3)"),
                Change.of("nullable to NOT NULL", "MODIFY note VARCHAR(40) NOT NULL"),
                Change.of("NOT NULL to nullable", "MODIFY name VARCHAR(40) NULL"),
                Change.of("set a default", "ALTER COLUMN amount SET DEFAULT 5"),
                Change.of("drop a default", "ALTER COLUMN amount DROP DEFAULT"),
                Change.of("move a column", "MODIFY amount INT NOT NULL DEFAULT 0 AFTER id"),
                Change.of("append an enum value", "MODIFY kind ENUM('a','b','c') NOT NULL DEFAULT 'a'"),
                Change.of("reorder enum values", "MODIFY kind ENUM('b','a') NOT NULL DEFAULT 'a'"),
                Change.of("change the character set", "CONVERT TO CHARACTER SET latin1"),
                Change.of("change a collation", "MODIFY note VARCHAR(40) COLLATE utf8mb4_bin"),
                Change.of("comment a column", "MODIFY note VARCHAR(40) COMMENT 'free text'"),
                Change.of("comment the table", "COMMENT = 'things'"),
                Change.of("add an index", "ADD INDEX things_made (made)"),
                Change.of("add an index by CREATE INDEX", "CREATE INDEX things_made ON things (made)"),
                Change.of("add a unique index", "ADD UNIQUE INDEX things_pair (amount, name)"),
                Change.of("add a functional index", "ADD INDEX things_upper ((upper(name)))"),
                Change.of("add a full-text index", "ADD FULLTEXT INDEX things_words (note)"),
                Change.of("add a spatial index", "ADD SPATIAL INDEX things_where (x)")
                        .given("ADD COLUMN x POINT AS (ST_SRID(POINT(amount, 1), 4326)) STORED NOT NULL SRID 4326"),
                Change.of("text to JSON", "MODIFY x JSON NOT NULL")
                        .given("ADD COLUMN x VARCHAR(40) NOT NULL DEFAULT '{\"b\": 1, \"a\": [2, null]}'"),
                Change.of("another name and type", "CHANGE COLUMN note remark VARCHAR(100) NULL"),
                Change.of("add a column and its index", "ADD COLUMN x INT, ADD INDEX things_x (x)"),
                Change.of("drop an index", "DROP INDEX things_amount"),
                Change.of("rename an index", "RENAME INDEX things_amount TO by_amount"),
                Change.of("hide an index", "ALTER INDEX things_amount INVISIBLE"),
                Change.of("add a check", "ADD CONSTRAINT things_price CHECK (price > 0)"),
                Change.of("drop a check", "DROP CHECK things_check"),
                Change.of("stop enforcing a check", "ALTER CHECK things_check NOT ENFORCED"),
                Change.of(
                        "replace an index by another of its name",
                        "DROP INDEX things_amount, ADD INDEX things_amount (amount, name)"),
                Change.of("collation of an indexed column", "MODIFY name VARCHAR(40) COLLATE utf8mb4_bin NOT NULL"),
                Change.of("add a foreign key", "ADD CONSTRAINT things_shop FOREIGN KEY (shop) REFERENCES shops (id)"),
                Change.of("add a foreign key without a name", "ADD FOREIGN KEY (shop) REFERENCES shops (id)"),
                Change.of("drop a foreign key", "DROP FOREIGN KEY things_old_shop"),
                Change.of("change the primary key", "DROP PRIMARY KEY, ADD PRIMARY KEY (id, amount)"),
                Change.of("change the row format", "ROW_FORMAT = COMPRESSED"),
                Change.of("rebuild the table", "ENGINE = InnoDB"),
                Change.of("set the counter", "AUTO_INCREMENT = 5000"),
                Change.of("partition the table", "PARTITION BY HASH (id) PARTITIONS 4")
                        .given(FIT_FOR_PARTITIONS),
                Change.of(
                                "partition it otherwise",
                                "PARTITION BY RANGE (id) (PARTITION p0 VALUES LESS THAN (2),"
                                        + " PARTITION p1 VALUES LESS THAN MAXVALUE)")
                        .given(FIT_FOR_PARTITIONS, "PARTITION BY HASH (id) PARTITIONS 4"),
                Change.of("widen a column of a partitioned table", "MODIFY amount BIGINT NOT NULL DEFAULT 0")
                        .given(FIT_FOR_PARTITIONS, "PARTITION BY HASH (id) PARTITIONS 4"),
                Change.of("remove the partitions", "REMOVE PARTITIONING")
                        .given(FIT_FOR_PARTITIONS, "PARTITION BY HASH (id) PARTITIONS 4"),
                Change.of("more partitions", "ADD PARTITION PARTITIONS 3")
                        .given(FIT_FOR_PARTITIONS, "PARTITION BY HASH (id) PARTITIONS 4"),
                Change.of("fewer partitions", "COALESCE PARTITION 2")
                        .given(FIT_FOR_PARTITIONS, "PARTITION BY HASH (id) PARTITIONS 4"),
                Change.of(
                                "divide a partition",
                                "REORGANIZE PARTITION p1 INTO (PARTITION p1 VALUES LESS THAN (3),"
                                        + " PARTITION p2 VALUES LESS THAN (10))")
                        .given(FIT_FOR_PARTITIONS, BY_RANGE),
                Change.of("unite partitions", "REORGANIZE PARTITION p0, p1 INTO (PARTITION p VALUES LESS THAN (10))")
                        .given(FIT_FOR_PARTITIONS, BY_RANGE),
                Change.of(
                                "a partition that rows do not fit into",
                                "REORGANIZE PARTITION p0, p1 INTO (PARTITION p VALUES LESS THAN (3))")
                        .given(FIT_FOR_PARTITIONS, BY_RANGE),
                Change.of("drop a partition", "DROP PARTITION p1").given(FIT_FOR_PARTITIONS, BY_RANGE),
                Change.of("rebuild a partition", "REBUILD PARTITION p1").given(FIT_FOR_PARTITIONS, BY_RANGE),
                Change.of("add a column to a partitioned table", "ADD COLUMN x INT")
                        .given(FIT_FOR_PARTITIONS, BY_RANGE),
                Change.of("partition a table with foreign keys", "PARTITION BY HASH (id) PARTITIONS 4"),
                Change.of("rename the table", "RENAME TO renamed"),
                Change.of(
                        "a full-text index, with a remark",
                        "CREATE FULLTEXT INDEX things_words ON things (note) -- search"),
                Change.of("rename the table, and more", "RENAME TO renamed, COMMENT = 'old'"),
                Change.of(
                        "a foreign key to nowhere",
                        "ADD CONSTRAINT things_none FOREIGN KEY (shop) REFERENCES nowhere (id)"),
                Change.of("drop a foreign key that is not there", "DROP FOREIGN KEY no_such_key"),
                Change.of(
                        "a foreign key among other things",
                        "ADD COLUMN p BIGINT, ADD CONSTRAINT things_p FOREIGN KEY (p) REFERENCES shops (id)"),
                Change.of("a default that is a time", "ADD COLUMN x TIMESTAMP NOT NULL DEFAULT '2024-01-01 00:00:00'"),
                Change.of("name the way", "ADD COLUMN x INT, ALGORITHM = COPY"),
                Change.of("a mistake", "DROP COLUMN no_such_column"));
    }
}
