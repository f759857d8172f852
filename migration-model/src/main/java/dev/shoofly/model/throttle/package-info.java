/**
 * How much load a migration may put on its server: the knobs that an operator turns, before the start and while it runs. Owns
 * their ranges and defaults; leaves what only a server can know to the server. Immutable values, safe on any thread.
 */
@NullMarked
package dev.shoofly.model.throttle;

import org.jspecify.annotations.NullMarked;
