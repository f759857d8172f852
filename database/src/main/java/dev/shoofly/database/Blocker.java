package dev.shoofly.database;

import dev.shoofly.model.GateName;

/**
 * Somebody who stands in the way of the swap.
 *
 * @param gate that is shut because of him
 * @param words with session and age
 */
public record Blocker(GateName gate, String words) {}
