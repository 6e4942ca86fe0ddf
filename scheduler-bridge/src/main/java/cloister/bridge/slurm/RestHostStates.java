package cloister.bridge.slurm;

import cloister.bridge.HostState;
import cloister.bridge.HostStates;
import cloister.bridge.SlurmBridgeConfig;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** The hosts by slurmrestd. */
public final class RestHostStates implements HostStates {
    private static final Pattern HOST = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,63}");
    private static final int LONGEST_WORDS = 128;

    /** Slurm's words for a slurmd that does not answer, and for a host that it has given up. */
    private static final List<String> LOST = List.of("NOT_RESPONDING", "DOWN");

    private final Endpoint slurm;

    private RestHostStates(Endpoint slurm) {
        this.slurm = slurm;
    }

    /** Makes the client without talking to slurmrestd. */
    public static RestHostStates connect(SlurmBridgeConfig config) {
        return new RestHostStates(new Endpoint(Connection.to(config)));
    }

    @Override
    public HostState of(String host) {
        if (!HOST.matcher(host).matches()) throw new IllegalArgumentException("not a host: " + host);
        return switch (slurm.ask(api -> api.host(host))) {
            case Reply.Good<Said.Hosts>(var answer) -> state(host, answer.nodes());
            case Reply.Failed<Said.Hosts>(long number, String text) -> new HostState.Unknown(text);
            case Reply.Silent<Said.Hosts>(String why) -> new HostState.Unknown(why);
            case Reply.Elsewhere<Said.Hosts>(String why) -> new HostState.Unknown(why);
        };
    }

    private static HostState state(String host, @Nullable List<Said.Host> nodes) {
        Optional<List<String>> words = (nodes == null ? List.<Said.Host>of() : nodes)
                .stream()
                        .filter(node -> host.equals(node.name()))
                        .findFirst()
                        .flatMap(node -> Optional.ofNullable(node.state()))
                        .filter(said -> !said.isEmpty());
        if (words.isEmpty()) return new HostState.Unknown("slurmctld shows no state of " + host);
        return words.get().stream().anyMatch(LOST::contains)
                ? new HostState.Silent(Reply.clean(String.join(" ", words.get()), LONGEST_WORDS))
                : new HostState.Serving();
    }
}
