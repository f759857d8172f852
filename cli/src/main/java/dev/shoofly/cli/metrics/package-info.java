/**
 * The only place that knows the metrics registry: names, gauges, and the loopback HTTP endpoint that Prometheus scrapes. The
 * stages report through {@code MigrationMetrics} from any thread; scrapes run on the endpoint's own thread.
 */
@NullMarked
package dev.shoofly.cli.metrics;

import org.jspecify.annotations.NullMarked;
