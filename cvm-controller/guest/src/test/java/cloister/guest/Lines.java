package cloister.guest;

import cloister.broker.BootLine;
import cloister.broker.GuestKind;
import cloister.vpn.identity.MachineKey;
import cloister.vpn.identity.Spki;
import org.jspecify.annotations.Nullable;

/** Boot lines that are right in every field. */
final class Lines {
    static final Spki KEY = MachineKey.generate().spki();
    static final long NOW_MS = 1_790_000_000_123L;

    private Lines() {}

    static BootLine worker(String nonce) {
        return worker(nonce, 3, 1_800_000_000L);
    }

    static BootLine worker(String nonce, int worker, @Nullable Long endsAt) {
        return new BootLine(
                1,
                GuestKind.WORKER,
                nonce,
                NOW_MS,
                7,
                12,
                worker,
                "w12-" + worker,
                "10.77.7.16",
                16,
                "10.77.7.0/24",
                endsAt,
                KEY.base64(),
                null,
                null);
    }

    static BootLine cvm(String nonce) {
        return new BootLine(
                1,
                GuestKind.CVM,
                nonce,
                NOW_MS,
                7,
                null,
                null,
                "cvm",
                "10.77.7.10",
                16,
                "10.77.7.0/24",
                null,
                null,
                "10.77.0.1:8443",
                KEY.base64());
    }

    static String nonce(int number) {
        return String.format(java.util.Locale.ROOT, "%032x", number);
    }
}
