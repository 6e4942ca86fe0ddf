package cloister.backend.machine;

import cloister.backend.host.PciAddress;
import cloister.backend.host.Placement;
import cloister.isolation.Ipv4;
import cloister.vpn.identity.MachineKey;
import cloister.vpn.identity.Spki;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;

/** Machines, keys and settings that the tests share. */
final class Samples {
    static final Instant NOW = Instant.parse("2026-01-02T03:04:05.678Z");
    static final String KEY =
            "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEaxfR8uEsQkf4vOblY6RA8ncDfYEt6zOg9KE5RdiYwpZP40Li/hp/m47n60p8D54WK84zV2sxXs7LtkBoN79R9Q==";
    static final String SSH_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f";

    private Samples() {}

    static Machine.Cvm cvm() {
        return new Machine.Cvm(1, "vmhost1", Ipv4.parse("10.77.1.10"), 2, 2560, 4096, false);
    }

    static Machine.Worker worker() {
        return worker(1);
    }

    static Machine.Worker worker(int attempt) {
        return new Machine.Worker(
                new MachineId(1, 7, 2),
                "vmhost2",
                Ipv4.parse("10.77.1.17"),
                attempt,
                4711,
                NOW.minusSeconds(60),
                1,
                1024,
                2048,
                NOW.plusSeconds(3600),
                KEY);
    }

    /** A worker on both NUMA nodes of its host, in huge pages and with a device. */
    static Machine.Worker placed() {
        Machine.Worker worker = worker();
        return placed(
                worker,
                4,
                new Placement(
                        List.of(set(1), set(9), set(4), set(12)),
                        set(1, 4, 9, 12),
                        List.of(new Placement.Cell(0, set(0, 1), 514), new Placement.Cell(3, set(2, 3), 510)),
                        2,
                        List.of(new PciAddress("0000:3b:00.0"), new PciAddress("0001:af:1f.7"))));
    }

    static Machine.Worker placed(Machine.Worker worker, int cpus, Placement placement) {
        return new Machine.Worker(
                worker.id(),
                worker.host(),
                worker.address(),
                worker.attempt(),
                worker.job(),
                worker.submitted(),
                cpus,
                worker.memMiB(),
                worker.scratchMiB(),
                worker.endsAt(),
                worker.cvmSpki(),
                Optional.of(placement));
    }

    static SortedSet<Integer> set(Integer... numbers) {
        return new TreeSet<>(List.of(numbers));
    }

    static BrokerIdentity broker() {
        return new BrokerIdentity() {
            @Override
            public String address() {
                return "10.77.0.1:8443";
            }

            @Override
            public Spki spki() {
                return Spki.parse(KEY);
            }
        };
    }

    static String freshKey() {
        return MachineKey.generate().spki().base64();
    }

    static MachineSettings settings() {
        return settings(Path.of("/etc/cloister/pki/libvirt"), Duration.ofSeconds(20));
    }

    static MachineSettings settings(Path pki, Duration limit) {
        return new MachineSettings(
                MachineSettings.DomainType.QEMU,
                Path.of("/var/lib/cloister/images"),
                Path.of("/var/lib/cloister/volumes"),
                pki,
                Path.of("/var/log/cloister"),
                "vmbr0",
                "10.77.0.0/16",
                24,
                limit,
                Duration.ofMillis(100),
                10,
                256,
                2,
                2560,
                4096);
    }
}
