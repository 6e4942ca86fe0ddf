package cloister.broker;

/**
 * Body of {@code PUT /broker/v1/leases/{n}/term}.
 *
 * @param termMin the new longest life in minutes, counted from the moment that the gate was asked; never shorter than before
 */
public record TermRequest(int termMin) implements Upward {
    private static final int MOST_TERM_MIN = 60 * 24 * 31;

    /** @throws OutOfBounds where the term is not a multiple of {@link Numbers#termStepMinutes()} up to 31 days */
    public TermRequest {
        Numbers.step("termMin", termMin, Numbers.termStepMinutes(), MOST_TERM_MIN, Numbers.termStepMinutes());
    }
}
