/**
 * From what was typed, written in a YAML file and remembered from the last time to checked, immutable requests. Owns every
 * rule about single values, and reports all violations together; leaves what only a server can know to the server. Runs on
 * the main thread.
 */
@NullMarked
package dev.shoofly.cli.input;

import org.jspecify.annotations.NullMarked;
