/** All that a server or a broker tells of itself, for tests that ask what is left of a migration. */
@NullMarked
package dev.shoofly.coordinator.picture;

import org.jspecify.annotations.NullMarked;
