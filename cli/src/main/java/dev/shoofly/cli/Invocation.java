package dev.shoofly.cli;

import dev.shoofly.cli.logging.SecretMask;
import java.io.PrintStream;
import java.util.Map;

/**
 * What a call of the command was given.
 *
 * @param out for data
 * @param err for talk
 * @param mask learns each secret that is read
 */
record Invocation(PrintStream out, PrintStream err, Map<String, String> environment, SecretMask mask) {}
