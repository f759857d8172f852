/**
 * Tells the world what happens to a migration: from lines of the migration log to JSON messages in a topic, to listeners on the
 * server and to a webhook. Nothing here fails or delays a migration. Threads: one that publishes, one that posts.
 */
@NullMarked
package dev.shoofly.coordinator.events;

import org.jspecify.annotations.NullMarked;
