package dev.shoofly.database.mysql;

import dev.shoofly.model.TableName;
import java.util.Optional;

/** A table as the storage engine's dictionary spells it: like the file that it would be in. */
final class FileName {
    private FileName() {}

    /** @return empty when a name holds letters for which the server has codes that are not public */
    static Optional<String> of(TableName table) {
        Optional<String> schema = of(table.schema());
        Optional<String> name = of(table.table());
        return schema.isEmpty() || name.isEmpty() ? Optional.empty() : Optional.of(schema.get() + "/" + name.get());
    }

    private static Optional<String> of(String name) {
        StringBuilder spelled = new StringBuilder();
        for (char c : name.toCharArray()) {
            if (c >= 0x80) {
                return Optional.empty();
            }
            boolean plain = c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_';
            spelled.append(plain ? String.valueOf(c) : String.format("@%04x", (int) c));
        }
        return Optional.of(spelled.toString());
    }
}
