/**
 * The HTTP API of the process that runs a migration: who may ask, what there is to ask for, and the form of the answers. Listens
 * on loopback only, and answers nobody without the token. Leaves every rule about the throttle to {@code
 * dev.shoofly.cli.throttle}. Owns its threads.
 */
@NullMarked
package dev.shoofly.cli.api;

import org.jspecify.annotations.NullMarked;
