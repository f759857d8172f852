package dev.shoofly.database.fidelity;

import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Tuple;

/** Literals, of which most lie where conversions go wrong. */
public final class Edges {
    private Edges() {}

    /** Mostly one of the edges, else any. */
    public static Arbitrary<String> of(Arbitrary<String> any, String... edges) {
        return Arbitraries.frequencyOf(Tuple.of(3, Arbitraries.of(edges)), Tuple.of(2, any));
    }

    /** The digits of any number of this many, after the point as many as the scale says. */
    public static Arbitrary<String> decimal(int precision, int scale) {
        Arbitrary<String> sign = Arbitraries.of("", "-");
        Arbitrary<String> digits = Arbitraries.strings().numeric().ofLength(precision);
        return sign.flatMap(s -> digits.map(d -> s
                + (precision == scale ? "0" : d.substring(0, precision - scale))
                + (scale == 0 ? "" : "." + d.substring(precision - scale))));
    }

    public static Arbitrary<String> bytes(int most) {
        return Arbitraries.bytes()
                .array(byte[].class)
                .ofMaxSize(most)
                .map(bytes -> HexFormat.of().formatHex(bytes));
    }

    /** Texts of these characters. */
    public static Arbitrary<String> text(String alphabet, int most) {
        return Arbitraries.of(
                        alphabet.codePoints().mapToObj(Character::toString).toList())
                .list()
                .ofMaxSize(most)
                .map(characters -> String.join("", characters));
    }

    public static String hex(String text) {
        return HexFormat.of().formatHex(text.getBytes(StandardCharsets.UTF_8));
    }
}
