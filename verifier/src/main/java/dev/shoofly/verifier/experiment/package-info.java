/**
 * Comparison of two ways to the same answer inside an application, after GitHub's Scientist. Owns the order, the times and the
 * verdicts; knows neither databases nor migrations. Runs on its caller's thread and starts none.
 */
@NullMarked
package dev.shoofly.verifier.experiment;

import org.jspecify.annotations.NullMarked;
