/** HTTP of this process, whoever answers it. Knows nothing of migrations. */
@NullMarked
package dev.shoofly.cli.http;

import org.jspecify.annotations.NullMarked;
