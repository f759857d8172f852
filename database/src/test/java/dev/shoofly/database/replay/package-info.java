@NullMarked
package dev.shoofly.database.replay;

import org.jspecify.annotations.NullMarked;
