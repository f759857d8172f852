/**
 * What people see on standard error: messages, warnings and the progress of a migration, refreshed in place on a terminal and
 * as plain lines elsewhere. Owns one display thread while a migration runs; leaves standard output to the verbs' data.
 */
@NullMarked
package dev.shoofly.cli.screen;

import org.jspecify.annotations.NullMarked;
