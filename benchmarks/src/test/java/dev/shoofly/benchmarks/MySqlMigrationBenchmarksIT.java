package dev.shoofly.benchmarks;

import dev.shoofly.database.DatabaseKind;

class MySqlMigrationBenchmarksIT extends MigrationBenchmarksContract {
    @Override
    DatabaseKind kind() {
        return DatabaseKind.MYSQL;
    }
}
