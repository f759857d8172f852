/** What the fidelity tests of both databases generate. */
@NullMarked
package dev.shoofly.database.fidelity;

import org.jspecify.annotations.NullMarked;
