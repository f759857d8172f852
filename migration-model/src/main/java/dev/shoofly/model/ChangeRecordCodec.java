package dev.shoofly.model;

import dev.shoofly.model.ChangeRecord.DirtyKey;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * The bytes of a {@link ChangeRecord} in the changes topic. Versioned by the first byte's high nibble; a reader refuses
 * what it does not know, for a skipped record would be a lost row.
 */
public final class ChangeRecordCodec {
    private static final int VERSION = 1 << 4;
    private static final int DIRTY_KEY = VERSION | 1;
    private static final int MARKER = VERSION | 2;
    private static final int PLACED_KEY = VERSION | 3;

    private ChangeRecordCodec() {}

    public static byte[] encode(ChangeRecord change) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream(64);
        try (DataOutputStream out = new DataOutputStream(bytes)) {
            if (change instanceof DirtyKey dirty) {
                boolean placed = dirty.afterMarker() != DirtyKey.UNKNOWN;
                out.writeByte(placed ? PLACED_KEY : DIRTY_KEY);
                writeText(out, dirty.transaction());
                out.writeLong(dirty.commitMicros());
                if (placed) {
                    out.writeLong(dirty.afterMarker());
                }
                out.writeByte(dirty.key().values().size());
                for (String value : dirty.key().values()) {
                    writeText(out, value);
                }
            } else if (change instanceof ChangeRecord.Marker marker) {
                out.writeByte(MARKER);
                writeText(out, marker.transaction());
                out.writeLong(marker.commitMicros());
                out.writeLong(marker.number());
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return bytes.toByteArray();
    }

    /** @throws IllegalArgumentException when the bytes are not one whole record of a known kind */
    public static ChangeRecord decode(byte[] bytes) {
        try (DataInputStream in = new DataInputStream(new ByteArrayInputStream(bytes))) {
            int kind = in.readUnsignedByte();
            String transaction = readText(in);
            long commitMicros = in.readLong();
            return switch (kind) {
                case DIRTY_KEY -> new DirtyKey(readKey(in), transaction, commitMicros);
                case PLACED_KEY -> {
                    long afterMarker = in.readLong();
                    yield new DirtyKey(readKey(in), transaction, commitMicros, afterMarker);
                }
                case MARKER -> new ChangeRecord.Marker(in.readLong(), transaction, commitMicros);
                default ->
                    throw new IllegalArgumentException("a record of unknown kind " + kind
                            + " in the changes topic: was it written by a newer version?");
            };
        } catch (IOException e) {
            throw new IllegalArgumentException("a broken record of " + bytes.length + " bytes in the changes topic", e);
        }
    }

    private static RowKey readKey(DataInputStream in) throws IOException {
        int size = in.readUnsignedByte();
        List<String> values = new ArrayList<>(size);
        for (int i = 0; i < size; i++) {
            values.add(readText(in));
        }
        return new RowKey(values);
    }

    private static void writeText(DataOutputStream out, String text) throws IOException {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        out.writeShort(bytes.length);
        if (bytes.length > 0xffff) {
            throw new IllegalArgumentException(
                    "a key value of " + bytes.length + " bytes is too long (65,535 at most)");
        }
        out.write(bytes);
    }

    private static String readText(DataInputStream in) throws IOException {
        byte[] bytes = new byte[in.readUnsignedShort()];
        in.readFully(bytes);
        return new String(bytes, StandardCharsets.UTF_8);
    }
}
