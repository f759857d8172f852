package dev.shoofly.database.disk;

import java.nio.file.Path;

/**
 * Directories of this host into which the server writes. Some may be the same.
 *
 * @param data the shadow's rows
 * @param indexes its indexes
 * @param log the binary log, or the WAL
 * @param temporary the sort files of index builds
 */
public record ServerFiles(Path data, Path indexes, Path log, Path temporary) {}
