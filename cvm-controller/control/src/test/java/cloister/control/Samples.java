package cloister.control;

import cloister.broker.GpuKind;
import java.util.List;

/** Messages that are right in every field. */
final class Samples {
    static final String PEM = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n";

    private Samples() {}

    static ClusterKey key() {
        byte[] bytes = new byte[32];
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] = (byte) i;
        }
        return ClusterKey.of(bytes);
    }

    static Join join() {
        return new Join(
                PEM,
                PEM,
                "10.99.0.16",
                "10.99.0.0/24",
                "10.77.7.10",
                "10.99.0.1",
                "cvm.p7.cloister",
                "w12-3.p7.cloister",
                List.of(new Peer("w12-4.p7.cloister", "10.77.7.17", "10.99.0.17")),
                "w12-3",
                2,
                1848,
                GpuKind.B,
                1,
                key(),
                List.of(Mount.HOME),
                5002,
                List.of(new Account("alice", 5001), new Account("bob", 5002)),
                List.of(new HostEntry("cvm", "10.99.0.1"), new HostEntry("w12-4", "10.99.0.17")),
                1_800_000_000L,
                "l12-3");
    }
}
