package dev.shoofly.cli;

import dev.shoofly.cli.input.Setting;
import dev.shoofly.cli.input.Settings;
import dev.shoofly.cli.input.YamlFile;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** What is to be altered, and on which path. */
final class AlterationOptions {
    @Option(
            names = "--config",
            paramLabel = "FILE.yaml",
            description = {
                "Read options from a YAML file: the same names without dashes, 'alter' and 'transform' may be lists. The command line wins."
            })
    private @Nullable Path config;

    @Option(
            names = "--table",
            paramLabel = "[SCHEMA.]TABLE",
            description = "The table, as the server's catalog spells it.")
    private @Nullable String table;

    @Option(
            names = "--alter",
            paramLabel = "SQL",
            description = {
                "What would follow ALTER TABLE name; or a whole CREATE INDEX statement, on PostgreSQL also DROP INDEX or"
                        + " ALTER INDEX. Repeat it for several."
            })
    private List<String> alters = List.of();

    @Option(
            names = "--transform",
            paramLabel = "COLUMN=EXPRESSION",
            description = {
                "Compute this column of the new table from the original row; it always takes the shadow table. The expression"
                        + " speaks of the original names. Repeat it for several."
            })
    private List<String> transforms = List.of();

    @Option(
            names = "--reverse",
            paramLabel = "COLUMN=EXPRESSION",
            description = {
                "For the rollback window: compute this column of the old table from a row of the new one. Needed for columns that"
                        + " the change drops or computes, where new rows must have a value there. Repeat it for several."
            })
    private List<String> reverses = List.of();

    @Option(
            names = "--strategy",
            paramLabel = "auto|instant|online|shadow",
            description = {
                "auto asks the server on an empty copy and takes the cheapest safe path; instant and online demand that the"
                        + " server does it by itself, without touching a row or beside the application; shadow forces the"
                        + " shadow table. Default: auto"
            })
    private @Nullable String strategy;

    @Option(
            names = "--split",
            description = {
                "Carry out what the server can do by itself first, and only the rest through a shadow: each part is a migration of"
                        + " its own, one after the other, and stays done whatever becomes of the next. Clauses about the same"
                        + " column or index stay together."
            })
    private boolean split;

    @Option(
            names = "--defer-indexes",
            paramLabel = "auto|always|never",
            description = {
                "Build secondary indexes after the copy, which is faster by far; new unique ones never. auto does so unless the table is"
                        + " small or, on MySQL, has replicas, which fall behind by the time of the build. Default: auto"
            })
    private @Nullable String deferIndexes;

    void addTo(Settings.Builder settings) {
        settings.put(Setting.TABLE, table)
                .put(Setting.ALTER, alters)
                .put(Setting.TRANSFORM, transforms)
                .put(Setting.REVERSE, reverses)
                .put(Setting.STRATEGY, strategy)
                .put(Setting.SPLIT, split ? "true" : null)
                .put(Setting.DEFER_INDEXES, deferIndexes);
    }

    /** With the file behind what was typed. */
    Settings orFile(Settings typed) {
        return config == null ? typed : typed.orElse(YamlFile.read(config));
    }
}
