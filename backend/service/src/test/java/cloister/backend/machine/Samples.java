package cloister.backend.machine;

import cloister.isolation.Ipv4;
import cloister.vpn.identity.MachineKey;
import cloister.vpn.identity.Spki;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;

/** Machines, keys and settings that the tests share. */
final class Samples {
    static final Instant NOW = Instant.parse("2026-01-02T03:04:05.678Z");
    static final String KEY =
            "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEaxfR8uEsQkf4vOblY6RA8ncDfYEt6zOg9KE5RdiYwpZP40Li/hp/m47n60p8D54WK84zV2sxXs7LtkBoN79R9Q==";
    static final String SSH_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f";

    private Samples() {}

    static Machine.Cvm cvm() {
        return new Machine.Cvm(1, "vmhost1", Ipv4.parse("10.77.1.10"), 2, 2560, 4096);
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
