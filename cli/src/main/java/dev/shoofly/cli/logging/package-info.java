/**
 * Where log lines go and what may be in them. Libraries that print their configuration stay at WARN at every verbosity, and
 * every known secret is masked on its way out. Set up once by the main thread; appenders run on any.
 */
@NullMarked
package dev.shoofly.cli.logging;

import org.jspecify.annotations.NullMarked;
