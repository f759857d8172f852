package dev.shoofly.capture.key;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Decodes what the server stores in its character sets. Only sets whose mapping to Unicode is the same in Java as in the
 * server are here (a test asks the server about each character): a key in another spelling would name another row.
 */
public final class MySqlCharset {
    private static final char REPLACEMENT = '\uFFFD';
    private static final String LATIN1 = "latin1";

    private static final Map<String, Charset> EXACT = Map.ofEntries(
            Map.entry("utf8mb4", StandardCharsets.UTF_8),
            Map.entry("utf8mb3", StandardCharsets.UTF_8),
            Map.entry("utf8", StandardCharsets.UTF_8),
            Map.entry("ascii", StandardCharsets.US_ASCII),
            Map.entry(LATIN1, Charset.forName("windows-1252")),
            Map.entry("ucs2", StandardCharsets.UTF_16BE),
            Map.entry("utf16", StandardCharsets.UTF_16BE),
            Map.entry("utf16le", StandardCharsets.UTF_16LE),
            Map.entry("utf32", Charset.forName("UTF-32BE")),
            Map.entry("gb18030", Charset.forName("GB18030")));

    private MySqlCharset() {}

    /** @param name as the server calls the character set */
    public static boolean isExact(String name) {
        return EXACT.containsKey(name.toLowerCase(Locale.ROOT));
    }

    /** @return null when the character set is not exact or the bytes are no text in it */
    static @Nullable String decode(String name, byte[] bytes) {
        Charset charset = EXACT.get(name.toLowerCase(Locale.ROOT));
        if (charset == null) {
            return null;
        }
        String text = new String(bytes, charset);
        if (text.indexOf(REPLACEMENT) < 0) {
            return text;
        }
        return name.equalsIgnoreCase(LATIN1) ? latin1(bytes, charset) : strictly(charset, bytes);
    }

    private static @Nullable String strictly(Charset charset, byte[] bytes) {
        try {
            return charset.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
        } catch (CharacterCodingException e) {
            return null;
        }
    }

    /** The server fills windows-1252's five holes with the control characters of the same number. */
    private static String latin1(byte[] bytes, Charset charset) {
        StringBuilder text = new StringBuilder(bytes.length);
        for (byte b : bytes) {
            String decoded = new String(new byte[] {b}, charset);
            text.append(decoded.charAt(0) == REPLACEMENT ? (char) (b & 0xff) : decoded.charAt(0));
        }
        return text.toString();
    }
}
