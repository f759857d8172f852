@NullMarked
package dev.shoofly.servers;

import org.jspecify.annotations.NullMarked;
