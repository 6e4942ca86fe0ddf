package cloister.worker;

import cloister.control.Join;
import cloister.control.Peer;
import cloister.guest.GuestNetwork;
import cloister.vpn.Tunnel;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Collectors;

/**
 * The direct tunnels of a worker to the others of its lease. Of two workers the one with the lower number begins, and keeps the
 * tunnel up. What is between them goes through the CVM as long as there is none, so a tunnel that does not come up ends nothing.
 */
final class Neighbours {
    private static final Duration TRY = Duration.ofSeconds(5);
    private static final Duration PAUSE = Duration.ofMillis(250);

    private final Vpn vpn;
    private final Consumer<String> log;

    Neighbours(Vpn vpn, Consumer<String> log) {
        this.vpn = vpn;
        this.log = log;
    }

    /** The tunnels as this end sees them, each called like the other's node. */
    static List<Tunnel> tunnels(Join join, String address) {
        return join.peers().stream()
                .map(peer -> new Tunnel(
                        node(peer),
                        address,
                        peer.address(),
                        join.ownId(),
                        peer.id(),
                        join.overlayAddress() + "/32",
                        peer.overlay() + "/32",
                        GuestNetwork.ifId(),
                        begins(join, peer)))
                .toList();
    }

    /** Brings up those that this end begins, and waits for the others', until all carry or the limit is over. */
    void meet(Join join, Duration limit) throws IOException, InterruptedException {
        long end = System.nanoTime() + limit.toNanos();
        Set<String> all = join.peers().stream().map(Neighbours::node).collect(Collectors.toSet());
        Set<String> ours = join.peers().stream()
                .filter(peer -> begins(join, peer))
                .map(Neighbours::node)
                .collect(Collectors.toSet());
        List<String> missing = missing(all);
        String why = "not begun from there";
        while (!missing.isEmpty()) {
            if (System.nanoTime() > end) {
                log.accept("no direct tunnel to " + String.join(", ", missing)
                        + ", what goes there goes through the CVM: " + why);
                return;
            }
            for (String node : missing) {
                if (ours.contains(node)) {
                    Optional<String> trouble = vpn.bringUp(node, TRY);
                    why = trouble.orElse(why);
                }
            }
            Thread.sleep(PAUSE);
            missing = missing(all);
        }
    }

    private List<String> missing(Set<String> all) throws IOException {
        List<String> missing = new ArrayList<>(all);
        missing.removeAll(vpn.carrying());
        missing.sort(Comparator.naturalOrder());
        return missing;
    }

    private static boolean begins(Join join, Peer peer) {
        return number(join.nodeName()) < number(node(peer));
    }

    /** A worker's number is what follows the hyphen of its node's name. */
    private static int number(String node) {
        return Integer.parseInt(node.substring(node.indexOf('-') + 1));
    }

    /** A worker's identity begins with its node's name. */
    private static String node(Peer peer) {
        return peer.id().substring(0, peer.id().indexOf('.'));
    }
}
