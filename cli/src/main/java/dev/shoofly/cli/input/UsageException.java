package dev.shoofly.cli.input;

import java.util.List;

/** The command cannot be understood. Carries every problem found, one line each; never a secret. */
public final class UsageException extends RuntimeException {
    private final List<String> problems;

    public UsageException(String problem) {
        this(List.of(problem));
    }

    public UsageException(List<String> problems) {
        super(String.join("\n", problems));
        this.problems = List.copyOf(problems);
    }

    public List<String> problems() {
        return problems;
    }
}
