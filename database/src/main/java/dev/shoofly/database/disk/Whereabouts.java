package dev.shoofly.database.disk;

import org.jspecify.annotations.Nullable;

/**
 * Where the server has its files, as far as this process can see them.
 *
 * @param files null: not seen
 * @param unknownBecause why not; empty when they are seen
 */
public record Whereabouts(@Nullable ServerFiles files, String unknownBecause) {

    public static Whereabouts here(ServerFiles files) {
        return new Whereabouts(files, "");
    }

    /** @param because completes "the free space of the server's disk is not known: …" */
    public static Whereabouts unknown(String because) {
        return new Whereabouts(null, because);
    }
}
