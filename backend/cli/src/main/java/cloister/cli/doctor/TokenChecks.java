package cloister.cli.doctor;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** The backend's token for slurmrestd. Nothing of the token itself is ever shown. */
final class TokenChecks {
    /** What renews it does so at half life; a timer may be a little late. */
    private static final double LEAST_LEFT = 0.4;

    private static final int OTHERS = 0177;

    private TokenChecks() {}

    static Verdict file(Facts facts) {
        return facts.token()
                .entry()
                .judged(entry -> facts.user(Facts.BACKEND_USER).judged(user -> {
                    if (entry.isEmpty()) {
                        return Verdict.wrong("there is no token file");
                    }
                    List<String> troubles = new ArrayList<>();
                    if (!entry.get().file()) {
                        troubles.add("it is not a file");
                    }
                    if (entry.get().uid() != user.uid()) {
                        troubles.add("it is uid " + entry.get().uid() + "'s, not " + user.name() + "'s");
                    }
                    // Its owner may write it or not: an owner can always allow himself to.
                    if ((entry.get().mode() & OTHERS) != 0) {
                        troubles.add("its mode is " + entry.get().rights());
                    }
                    return Verdict.unless(
                            troubles,
                            user.name() + "'s with mode " + entry.get().rights());
                }));
    }

    static Verdict user(Facts facts) {
        return facts.token()
                .token()
                .judged(token -> facts.user(Facts.BACKEND_USER)
                        .judged(user -> facts.user(Facts.SLURM_USER).judged(slurm -> {
                            List<String> troubles = new ArrayList<>();
                            if (!token.user().equals(user.name())) {
                                troubles.add("it is " + token.user() + "'s, the backend's user is " + user.name());
                            }
                            if (token.user().equals("root") || token.user().equals(slurm.name())) {
                                troubles.add(token.user() + " may do anything in this Slurm");
                            }
                            return Verdict.unless(troubles, "it is " + token.user() + "'s");
                        })));
    }

    static Verdict life(Facts facts) {
        return facts.token().token().judged(token -> {
            Duration left = Duration.between(facts.now(), token.expires());
            String seen = left.isNegative()
                    ? "it expired " + left.negated().toSeconds() + " s ago"
                    : left.toSeconds() + " s of " + token.life().toSeconds() + " s are left";
            return left.toSeconds() < token.life().toSeconds() * LEAST_LEFT ? Verdict.wrong(seen) : Verdict.ok(seen);
        });
    }
}
