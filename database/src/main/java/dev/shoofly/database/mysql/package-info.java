/** The verbs on MySQL 8.0 and later. Callers see only {@link dev.shoofly.database.mysql.MySqlDatabase}. */
@NullMarked
package dev.shoofly.database.mysql;

import org.jspecify.annotations.NullMarked;
