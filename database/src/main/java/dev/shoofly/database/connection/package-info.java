/** Who connects where: URLs, secrets, the pool, transactions and retry. Any thread. */
@NullMarked
package dev.shoofly.database.connection;

import org.jspecify.annotations.NullMarked;
