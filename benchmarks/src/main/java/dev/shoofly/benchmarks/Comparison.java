package dev.shoofly.benchmarks;

/**
 * A figure beside its limit of the same run.
 *
 * @param name what was measured, for people and programs
 * @param unit of figure and limit
 * @param ratio figure divided by limit
 */
record Comparison(String name, String unit, double figure, double limit, double ratio) {
    static Comparison of(String name, String unit, double figure, double limit) {
        return new Comparison(name, unit, rounded(figure), rounded(limit), rounded(figure / limit));
    }

    /** Three digits behind the point for small numbers, none for large: more would be noise. */
    private static double rounded(double value) {
        return Math.abs(value) >= 1_000 ? Math.round(value) : Math.round(value * 1_000) / 1_000.0;
    }
}
