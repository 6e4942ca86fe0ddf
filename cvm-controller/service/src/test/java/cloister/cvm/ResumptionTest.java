package cloister.cvm;

import static org.assertj.core.api.Assertions.assertThat;

import cloister.broker.GpuKind;
import cloister.broker.LeaseList;
import cloister.broker.LeaseRequest;
import cloister.broker.LeaseState;
import cloister.broker.ReasonCode;
import cloister.broker.WorkerState;
import cloister.control.Account;
import cloister.cvm.demand.Samples;
import cloister.cvm.demand.WorkerKey;
import cloister.isolation.Ipv4;
import cloister.isolation.Range;
import cloister.vpn.Initiation;
import cloister.vpn.Sa;
import cloister.vpn.Tunnel;
import cloister.vpn.vici.CharonLost;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentSkipListSet;
import org.junit.jupiter.api.Test;

class ResumptionTest {
    private static final Project PROJECT = new Project(1, Ipv4.parse("10.77.1.10"), Range.parse("10.77.1.0/24"));

    private static LeaseList.Lease lease(int n, LeaseList.Worker... workers) {
        return new LeaseList.Lease(n, LeaseState.RUNNING, ReasonCode.NONE, 2_000_000_000L, null, List.of(workers));
    }

    private static List<Tunnel> wanted(LeaseList list, Set<Integer> known, Set<String> carrying) {
        return Resumption.wanted(
                Resumption.survivors(list, known),
                carrying,
                (worker, address) -> PROJECT.tunnelTo(worker, Ipv4.parse(address)));
    }

    @Test
    void workers_that_said_hello_get_their_tunnel_and_others_none() {
        LeaseList list = new LeaseList(
                7,
                List.of(
                        lease(
                                3,
                                new LeaseList.Worker(1, WorkerState.READY, "10.77.1.16", "key"),
                                new LeaseList.Worker(2, WorkerState.GONE, "10.77.1.17", "key"),
                                new LeaseList.Worker(3, WorkerState.STARTING, "10.77.1.18", null),
                                new LeaseList.Worker(4, WorkerState.READY, "10.77.1.19", "key")),
                        lease(5, new LeaseList.Worker(1, WorkerState.READY, "10.77.1.20", "key"))));
        assertThat(wanted(list, Set.of(3), Set.of("w3-4")))
                .extracting(Tunnel::name)
                .containsExactly("w3-1");
    }

    @Test
    void each_belongs_to_the_member_of_its_lease_and_to_nobody_when_that_one_has_left() {
        LeaseList list = new LeaseList(
                7,
                List.of(
                        lease(3, new LeaseList.Worker(1, WorkerState.READY, "10.77.1.16", "key")),
                        lease(4, new LeaseList.Worker(1, WorkerState.READY, "10.77.1.17", "key"))));
        Map<Integer, LeaseRequest> kept = Map.of(3, request(2), 4, request(9));
        assertThat(Resumption.shares(Resumption.survivors(list, kept.keySet()), kept, Samples.members()))
                .containsExactly(new Resumption.Share(
                        new Resumption.Survivor(new WorkerKey(3, 1), "10.77.1.16"), new Account("bob", 5002)));
    }

    private static LeaseRequest request(int member) {
        return new LeaseRequest(member, 1, 1, 1024, GpuKind.NONE, 0, 1024, 30, false);
    }

    @Test
    void one_that_does_not_come_up_keeps_no_other_from_it() throws Exception {
        LeaseList list = new LeaseList(
                7,
                List.of(lease(
                        3,
                        new LeaseList.Worker(1, WorkerState.READY, "10.77.1.16", "key"),
                        new LeaseList.Worker(2, WorkerState.READY, "10.77.1.17", "key"),
                        new LeaseList.Worker(3, WorkerState.READY, "10.77.1.18", "key"))));
        Set<String> up = new ConcurrentSkipListSet<>();
        Resumption.bringUp(
                wanted(list, Set.of(3), Set.of()),
                (tunnel, limit) -> {
                    if (tunnel.name().equals("w3-1")) {
                        throw new CharonLost("it went away");
                    }
                    if (tunnel.name().equals("w3-2")) {
                        return new Initiation.NotUp("no answer");
                    }
                    up.add(tunnel.name());
                    return new Initiation.Up(new Sa(tunnel.name(), 1, "w", "10.77.1.18", 0, 0));
                },
                Duration.ofSeconds(1));
        assertThat(up).containsExactly("w3-3");
    }
}
