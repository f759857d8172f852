/** Tests of the applier: rules on fakes, the rest on real Kafka and a real database. */
@NullMarked
package dev.shoofly.applier;

import org.jspecify.annotations.NullMarked;
