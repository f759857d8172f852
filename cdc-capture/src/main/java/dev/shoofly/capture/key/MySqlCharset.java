package dev.shoofly.capture.key;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.Charset;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Decodes what the server stores in its character sets. Only sets whose mapping to Unicode is one to one and the same in Java as in
 * the server are here (a test asks the server about each character): a key in another spelling would name another row.
 */
public final class MySqlCharset {
    private static final char REPLACEMENT = '\uFFFD';
    private static final String LATIN1 = "latin1";

    private static final Map<String, Charset> EXACT = Map.ofEntries(
            exact("utf8mb4", "UTF-8"),
            exact("utf8mb3", "UTF-8"),
            exact("utf8", "UTF-8"),
            exact("utf16", "UTF-16BE"),
            exact("utf16le", "UTF-16LE"),
            exact("ucs2", "UTF-16BE"),
            exact("ascii", "US-ASCII"),
            exact(LATIN1, "windows-1252"),
            exact("latin2", "ISO-8859-2"),
            exact("latin5", "ISO-8859-9"),
            exact("latin7", "ISO-8859-13"),
            exact("cp850", "IBM850"),
            exact("cp852", "IBM852"),
            exact("cp1250", "windows-1250"),
            exact("cp1251", "windows-1251"),
            exact("cp1256", "windows-1256"),
            exact("cp1257", "windows-1257"),
            exact("koi8r", "KOI8-R"),
            exact("macce", "x-MacCentralEurope"),
            exact("macroman", "x-MacRoman"),
            exact("gb2312", "EUC_CN"),
            exact("gbk", "x-mswin-936"),
            exact("euckr", "x-windows-949"));

    private MySqlCharset() {}

    private static Map.Entry<String, Charset> exact(String name, String javaName) {
        return Map.entry(name, Charset.forName(javaName));
    }

    /** Those that {@link #isExact}. */
    static Set<String> exactNames() {
        return EXACT.keySet();
    }

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
