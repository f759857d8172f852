/**
 * The verbs on MySQL 8.0.13 and later: every statement with the hazard that shaped it at its line. Owns the session
 * settings and the quoting; leaves batching, publishing and scheduling to its callers, on whose threads it runs. Callers
 * see only {@link dev.shoofly.database.mysql.MySqlDatabase}.
 */
@NullMarked
package dev.shoofly.database.mysql;

import org.jspecify.annotations.NullMarked;
