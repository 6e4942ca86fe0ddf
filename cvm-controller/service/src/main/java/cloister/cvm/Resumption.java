package cloister.cvm;

import cloister.broker.LeaseList;
import cloister.broker.LeaseRequest;
import cloister.broker.Members;
import cloister.broker.WorkerState;
import cloister.control.Account;
import cloister.cvm.demand.WorkerKey;
import cloister.vpn.Initiation;
import cloister.vpn.Tunnel;
import cloister.vpn.vici.CharonLost;
import cloister.vpn.vici.CharonRefused;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What workers that outlived an earlier CVM find again before slurmctld is up: the home that they were shown, then their tunnel.
 * In the other order the file server would tell running jobs that their open files are stale.
 *
 * <p>slurmctld takes down, and with them their jobs, nodes that have not answered for {@code SlurmdTimeout} at its second look, and
 * counts the time in which it was not there itself (its ping_nodes.c): only an answer to its first look keeps them.
 */
final class Resumption {
    /** A worker that has said hello. */
    record Survivor(WorkerKey worker, String address) {}

    /** The home that a worker is to be shown, where each serves one member. */
    record Share(Survivor survivor, Account owner) {}

    /** As the fleet calls its workers' tunnels. */
    interface Ways {
        Tunnel to(WorkerKey worker, String address);
    }

    /** Brings one up. */
    interface Charon {
        Initiation up(Tunnel tunnel, Duration limit) throws CharonLost, CharonRefused;
    }

    private Resumption() {}

    /** The workers of leases that this drive knows. */
    static List<Survivor> survivors(LeaseList list, Set<Integer> known) {
        List<Survivor> survivors = new ArrayList<>();
        for (LeaseList.Lease lease : list.leases()) {
            for (LeaseList.Worker worker : lease.workers()) {
                String address = worker.address();
                if (known.contains(lease.n()) && worker.state() == WorkerState.READY && address != null) {
                    survivors.add(new Survivor(new WorkerKey(lease.n(), worker.k()), address));
                }
            }
        }
        return survivors;
    }

    /** To whom each of them belongs; one whose member has left belongs to nobody. */
    static List<Share> shares(List<Survivor> survivors, Map<Integer, LeaseRequest> kept, Members members) {
        List<Share> shares = new ArrayList<>();
        for (Survivor survivor : survivors) {
            LeaseRequest request = kept.get(survivor.worker().lease());
            members.members().stream()
                    .filter(member -> request != null && member.member() == request.member())
                    .forEach(member -> shares.add(new Share(survivor, new Account(member.login(), member.uid()))));
        }
        return shares;
    }

    /** The tunnels of those that have none. */
    static List<Tunnel> wanted(List<Survivor> survivors, Set<String> carrying, Ways ways) {
        return survivors.stream()
                .filter(survivor -> !carrying.contains(survivor.worker().node()))
                .map(survivor -> ways.to(survivor.worker(), survivor.address()))
                .toList();
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
