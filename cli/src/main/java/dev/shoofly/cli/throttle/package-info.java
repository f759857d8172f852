/**
 * The throttle of migrations as operators see and change it, from another terminal or through the API of the process that runs
 * one: the same rules, words and form. Leaves what an option may say to {@code dev.shoofly.cli.input}. Runs on the caller's
 * thread.
 */
@NullMarked
package dev.shoofly.cli.throttle;

import org.jspecify.annotations.NullMarked;
