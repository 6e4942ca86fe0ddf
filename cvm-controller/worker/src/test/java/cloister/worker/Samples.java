package cloister.worker;

import cloister.broker.GpuKind;
import cloister.control.Account;
import cloister.control.ClusterKey;
import cloister.control.HostEntry;
import cloister.control.Join;
import cloister.control.Mount;
import cloister.control.Peer;
import cloister.guest.Boot;
import cloister.isolation.Ipv4;
import cloister.isolation.Range;
import cloister.vpn.identity.MachineKey;
import cloister.vpn.identity.Pem;
import java.time.Instant;
import java.util.List;

/** A worker, its CVM, and what the one sends to the other. */
final class Samples {
    static final MachineKey KEY = MachineKey.generate();
    static final MachineKey CVM = MachineKey.generate();
    static final Instant END = Instant.ofEpochSecond(9_000_000_000L);

    private Samples() {}

    static Boot.Worker boot() {
        return new Boot.Worker(
                7, 12, 3, "w12-3", Ipv4.parse("10.77.7.16"), 16, Range.parse("10.77.7.0/24"), END, CVM.spki());
    }

    static Join join() {
        return join(List.of(new Account("alice", 5001)), "10.99.0.16");
    }

    static Join join(List<Peer> peers) {
        return join(List.of(new Account("alice", 5001)), "10.99.0.16", peers, GpuKind.NONE, 0, 0);
    }

    static Join join(GpuKind kind, int gpus) {
        return join(List.of(new Account("alice", 5001)), "10.99.0.16", List.of(), kind, gpus, 0);
    }

    static Join join(List<Account> accounts, String overlay) {
        return join(accounts, overlay, List.of(), GpuKind.NONE, 0, 0);
    }

    /** For one member alone. */
    static Join own() {
        List<Account> accounts = List.of(new Account("alice", 5001), new Account("bob", 5002));
        return join(accounts, "10.99.0.16", List.of(), GpuKind.NONE, 0, 5002);
    }

    private static Join join(
            List<Account> accounts, String overlay, List<Peer> peers, GpuKind kind, int gpus, int owner) {
        String pem = Pem.of(KEY.certificate());
        return new Join(
                pem,
                pem,
                overlay,
                "10.99.0.0/24",
                "10.77.7.10",
                "10.99.0.1",
                "cvm.p7.cloister",
                "w12-3.p7.cloister",
                peers,
                "w12-3",
                2,
                1848,
                kind,
                gpus,
                ClusterKey.of(new byte[32]),
                List.of(Mount.HOME),
                owner,
                accounts,
                List.of(new HostEntry("cvm", "10.99.0.1")),
                END.getEpochSecond(),
                "l12-3");
    }
}
