@NullMarked
package dev.shoofly.verifier.experiment;

import org.jspecify.annotations.NullMarked;
