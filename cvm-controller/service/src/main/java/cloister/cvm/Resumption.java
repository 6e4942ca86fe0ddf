package cloister.cvm;

import cloister.broker.LeaseList;
import cloister.broker.WorkerState;
import cloister.cvm.demand.WorkerKey;
import cloister.vpn.Initiation;
import cloister.vpn.Tunnel;
import cloister.vpn.vici.CharonLost;
import cloister.vpn.vici.CharonRefused;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * The tunnels to workers that outlived an earlier CVM, brought up before slurmctld is. It takes down, and with them their jobs,
 * nodes that have not answered for {@code SlurmdTimeout} at its second look, and counts the time in which it was not there
 * itself (slurmctld's ping_nodes.c): only an answer to its first look keeps them.
 */
final class Resumption {
    /** As the fleet calls its workers' tunnels. */
    interface Ways {
        Tunnel to(WorkerKey worker, String address);
    }

    /** Brings one up. */
    interface Charon {
        Initiation up(Tunnel tunnel, Duration limit) throws CharonLost, CharonRefused;
    }

    private Resumption() {}

    /** The workers of leases that this drive knows, which have said hello and have no tunnel. */
    static List<Tunnel> wanted(LeaseList list, Set<Integer> known, Set<String> carrying, Ways ways) {
        List<Tunnel> wanted = new ArrayList<>();
        for (LeaseList.Lease lease : list.leases()) {
            for (LeaseList.Worker worker : lease.workers()) {
                WorkerKey key = new WorkerKey(lease.n(), worker.k());
                String address = worker.address();
                if (known.contains(lease.n())
                        && worker.state() == WorkerState.READY
                        && address != null
                        && !carrying.contains(key.node())) {
                    wanted.add(ways.to(key, address));
                }
            }
        }
        return wanted;
    }

    /** Brings them up at the same time. One that does not come up is left to its worker's join. */
    static void bringUp(List<Tunnel> wanted, Charon charon, Duration limit) throws InterruptedException {
        List<Thread> tries = wanted.stream()
                .map(tunnel -> Thread.ofVirtual().start(() -> {
                    try {
                        if (charon.up(tunnel, limit) instanceof Initiation.NotUp notUp) {
                            Log.say("no tunnel to " + tunnel.name() + " yet: " + notUp.why());
                        }
                    } catch (CharonLost | CharonRefused e) {
                        Log.say("no tunnel to " + tunnel.name() + " yet: " + e.getMessage());
                    }
                }))
                .toList();
        for (Thread one : tries) {
            one.join();
        }
    }
}
