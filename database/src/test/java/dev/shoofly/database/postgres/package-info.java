/** The PostgreSQL dialect against real servers; each file is named after the hazard it guards. */
@NullMarked
package dev.shoofly.database.postgres;

import org.jspecify.annotations.NullMarked;
