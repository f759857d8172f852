/**
 * The domain of a migration: what is migrated, how rows are named, which states there are and what travels through the
 * topics. Owns no input or output and no clock; every type is an immutable value and safe on any thread.
 */
@NullMarked
package dev.shoofly.model;

import org.jspecify.annotations.NullMarked;
