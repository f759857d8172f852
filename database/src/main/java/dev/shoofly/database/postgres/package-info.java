/** The verbs on PostgreSQL 13 and later. Callers see only {@link dev.shoofly.database.postgres.PostgresDatabase}. */
@NullMarked
package dev.shoofly.database.postgres;

import org.jspecify.annotations.NullMarked;
