package cloister.cli.doctor;

import java.util.function.Function;

/** Something that was looked for: seen, or not, and then why not, in words. What was not seen is never taken for absent. */
sealed interface Known<T> {
    /** It was seen. */
    record Seen<T>(T value) implements Known<T> {}

    /** It could not be looked at now. */
    record Unseen<T>(String why) implements Known<T> {}

    static <T> Known<T> seen(T value) {
        return new Seen<>(value);
    }

    static <T> Known<T> unseen(String why) {
        return new Unseen<>(why);
    }

    /** What follows from it, if it was seen. */
    default <R> Known<R> map(Function<? super T, ? extends R> next) {
        return switch (this) {
            case Seen<T>(T value) -> new Seen<>(next.apply(value));
            case Unseen<T>(String why) -> new Unseen<>(why);
        };
    }

    /** The same, where the next step may also fail to see. */
    default <R> Known<R> then(Function<? super T, Known<R>> next) {
        return switch (this) {
            case Seen<T>(T value) -> next.apply(value);
            case Unseen<T>(String why) -> new Unseen<>(why);
        };
    }

    /** A judgement of it; what was not seen now is unknown. */
    default Verdict judged(Function<? super T, Verdict> judgement) {
        return switch (this) {
            case Seen<T>(T value) -> judgement.apply(value);
            case Unseen<T>(String why) -> new Verdict.Unknown(why, true);
        };
    }
}
