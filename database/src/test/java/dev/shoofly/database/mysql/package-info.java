/** The verbs against a real server; every test has a database of its own there. */
@NullMarked
package dev.shoofly.database.mysql;

import org.jspecify.annotations.NullMarked;
