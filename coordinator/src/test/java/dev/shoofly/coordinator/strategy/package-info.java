/** What the planner makes of the schema changes that people make, carried out on real servers. */
@NullMarked
package dev.shoofly.coordinator.strategy;

import org.jspecify.annotations.NullMarked;
