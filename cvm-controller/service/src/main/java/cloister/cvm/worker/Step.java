package cloister.cvm.worker;

import java.util.List;

/**
 * What follows from an event.
 *
 * @param next the state after it
 * @param effects what to do, in this order
 */
public record Step(Worker next, List<Effect> effects) {
    public Step {
        effects = List.copyOf(effects);
    }

    static Step to(Worker next, Effect... effects) {
        return new Step(next, List.of(effects));
    }
}
