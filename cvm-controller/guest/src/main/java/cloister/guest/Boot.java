package cloister.guest;

import cloister.broker.BootChannel;
import cloister.broker.BootLine;
import cloister.broker.GuestKind;
import cloister.isolation.Endpoint;
import cloister.isolation.Ipv4;
import cloister.isolation.Range;
import cloister.vpn.identity.Spki;
import java.time.Instant;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Who a guest is, as the boot line said it, every field checked. */
public sealed interface Boot {
    /** Number of the project. */
    int project();

    /** Host name of the guest. */
    String name();

    /** Its address on the underlay. */
    Ipv4 address();

    /** Length of the underlay's prefix. */
    int prefix();

    /** The project's range on the underlay. */
    Range peers();

    /** Whether the other line tells the same guest who it is; only a worker's end may have moved. */
    boolean sameGuest(Boot other);

    /**
     * A controlling VM.
     *
     * @param broker where its broker listens
     * @param brokerKey the only key that the broker may have
     */
    record Cvm(int project, String name, Ipv4 address, int prefix, Range peers, Endpoint broker, Spki brokerKey)
            implements Boot {
        @Override
        public boolean sameGuest(Boot other) {
            return equals(other);
        }
    }

    /**
     * A worker.
     *
     * @param lease number of its lease
     * @param worker its number within the lease
     * @param endsAt when it ends at the latest
     * @param cvmKey the only key that a client of its port 22 may have
     */
    record Worker(
            int project,
            int lease,
            int worker,
            String name,
            Ipv4 address,
            int prefix,
            Range peers,
            Instant endsAt,
            Spki cvmKey)
            implements Boot {
        @Override
        public boolean sameGuest(Boot other) {
            return other instanceof Worker line
                    && equals(new Worker(
                            line.project,
                            line.lease,
                            line.worker,
                            line.name,
                            line.address,
                            line.prefix,
                            line.peers,
                            endsAt,
                            line.cvmKey));
        }
    }

    /**
     * Checks a boot line.
     *
     * @throws IllegalArgumentException where a field is missing, superfluous or out of bounds
     */
    static Boot of(BootLine line) {
        Fields.check(line);
        Ipv4 address = Ipv4.parse(line.address());
        Range peers = Range.parse(line.peersRange());
        if (!peers.contains(address)) {
            throw new IllegalArgumentException("address must be within peersRange");
        }
        return switch (line.kind()) {
            case CVM -> {
                Fields.absent(
                        "lease, worker, endsAt, cvmSpki", line.lease(), line.worker(), line.endsAt(), line.cvmSpki());
                yield new Cvm(
                        line.project(),
                        line.name(),
                        address,
                        line.prefix(),
                        peers,
                        Endpoint.parse(Fields.present("brokerAddress", line.brokerAddress())),
                        Spki.parse(Fields.present("brokerSpki", line.brokerSpki())));
            }
            case WORKER -> {
                Fields.absent("brokerAddress, brokerSpki", line.brokerAddress(), line.brokerSpki());
                yield new Worker(
                        line.project(),
                        Fields.number("lease", Fields.present("lease", line.lease())),
                        Fields.number("worker", Fields.present("worker", line.worker())),
                        line.name(),
                        address,
                        line.prefix(),
                        peers,
                        Instant.ofEpochSecond(Fields.seconds("endsAt", Fields.present("endsAt", line.endsAt()))),
                        Spki.parse(Fields.present("cvmSpki", line.cvmSpki())));
            }
        };
    }

    /** Checks of single fields; a message names the field, never its value. */
    final class Fields {
        private static final Pattern NAME = Pattern.compile("[a-z][a-z0-9-]{0,30}");
        private static final Pattern NONCE = Pattern.compile("[0-9a-f]{32}");
        private static final int SHORTEST_PREFIX = 8;
        private static final int LONGEST_PREFIX = 30;
        /** The years 2001 and 2286: what is outside is no time in seconds. */
        private static final long EARLIEST = 1_000_000_000L;

        private static final long LATEST = 9_999_999_999L;

        private Fields() {}

        static void check(BootLine line) {
            GuestKind kind = present("kind", line.kind());
            holds(line.v() == BootChannel.version(), "v must be " + BootChannel.version());
            holds(NONCE.matcher(present("nonce", line.nonce())).matches(), "nonce must be 32 hexadecimal digits");
            seconds("nowMs in seconds", line.nowMs() / 1000);
            number("project", line.project());
            holds(NAME.matcher(present("name", line.name())).matches(), "name must be like " + NAME.pattern());
            present("address", line.address());
            present("peersRange", line.peersRange());
            holds(
                    line.prefix() >= SHORTEST_PREFIX && line.prefix() <= LONGEST_PREFIX,
                    "prefix must be between " + SHORTEST_PREFIX + " and " + LONGEST_PREFIX);
            holds(
                    kind == GuestKind.CVM || line.name().equals("w" + line.lease() + "-" + line.worker()),
                    "the name of a worker must hold its numbers");
        }

        static <T> T present(String field, @Nullable T value) {
            if (value == null) {
                throw new IllegalArgumentException(field + " must be there");
            }
            return value;
        }

        static void absent(String fields, @Nullable Object... values) {
            for (Object value : values) {
                holds(value == null, fields + " must not be there");
            }
        }

        static int number(String field, int value) {
            holds(value >= 1, field + " must be at least 1");
            return value;
        }

        static long seconds(String field, long value) {
            holds(value >= EARLIEST && value <= LATEST, field + " must be a time since 1970");
            return value;
        }

        private static void holds(boolean what, String must) {
            if (!what) {
                throw new IllegalArgumentException(must);
            }
        }
    }
}
