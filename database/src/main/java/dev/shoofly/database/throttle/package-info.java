/**
 * Who may load the migrated server, and when: the gate that backfill and verifier pass before each chunk. Owns no
 * policy about how much load is right; each stage's own threads call it.
 */
@NullMarked
package dev.shoofly.database.throttle;

import org.jspecify.annotations.NullMarked;
