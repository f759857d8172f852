@NullUnmarked
package dev.shoofly.model.throttle;

import org.jspecify.annotations.NullUnmarked;
