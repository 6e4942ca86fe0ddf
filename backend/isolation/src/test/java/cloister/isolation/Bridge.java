package cloister.isolation;

import static cloister.isolation.Frames.ACK;
import static cloister.isolation.Frames.EVERYBODY;
import static cloister.isolation.Frames.RST;
import static cloister.isolation.Frames.SYN;
import static cloister.isolation.Frames.SYN_ACK;
import static cloister.isolation.Frames.arp;
import static cloister.isolation.Frames.bytes;
import static cloister.isolation.Frames.ethernet;
import static cloister.isolation.Frames.ip;
import static cloister.isolation.Frames.tcp;
import static cloister.isolation.Frames.udp;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/**
 * A program for an empty network namespace: a bridge with a VM's tap under its rules and a port to everybody else. It sends
 * frames in at both ends and prints {@code ok NAME} or {@code BAD NAME} for each, by whether it came out at the other.
 */
final class Bridge {
    private static final String PASSES = "pass: ";
    private static final String WORKER = "10.77.1.16";
    private static final String CVM = "10.77.1.10";
    private static final String BROKER = "10.77.0.1";
    private static final String PEER_MAC = "52:54:00:00:00:01";
    private static final int TCP = 6;
    private static final int UDP = 17;
    private static final int ESP = 50;

    private Bridge() {}

    public static void main(String[] arguments) throws Throwable {
        boolean worker = arguments[0].equals("worker");
        Range project = Range.parse("10.77.1.0/24");
        Nic nic = new Nic(Ipv4.parse(worker ? WORKER : CVM));
        String rules = worker
                ? HostRules.forWorker(nic.address(), project)
                : HostRules.forCvm(nic.address(), project, Endpoint.parse(BROKER + ":8443"));
        build(nic.tap(), rules);
        RawSocket guest = new RawSocket("guest");
        RawSocket peer = new RawSocket("peer");
        report(guest, peer, worker ? fromWorker(nic.mac()) : fromCvm(nic.mac()));
        report(peer, guest, worker ? toWorker(nic.mac()) : toCvm(nic.mac()));
    }

    private static void build(String tap, String rules) throws IOException, InterruptedException {
        shell("ip link add vmbr0 type bridge stp_state 0 forward_delay 0 mcast_snooping 0 && ip link add " + tap
                + " type veth peer name guest && ip link add uplink type veth peer name peer && for d in vmbr0 " + tap
                + " guest uplink peer; do ip link set $d addrgenmode none && ip link set $d up || exit 1; done && ip link set "
                + tap
                + " master vmbr0 && ip link set uplink master vmbr0 && nft -f - <<'N'\ntable bridge vm_1 {\n chain to_vm { }\n"
                + " chain from_vm { }\n"
                + " chain entering { type filter hook prerouting priority -300; policy accept; iifname \"" + tap
                + "\" goto from_vm; }\n chain crossing { type filter hook forward priority -10; policy accept; oifname \""
                + tap + "\" goto to_vm; }\n}\n" + rules.replace("@TABLE@", "vm_1")
                + "add rule bridge vm_1 to_vm counter drop\nadd rule bridge vm_1 from_vm counter drop\nN\n");
        shell("for p in " + tap + " uplink; do i=0; until bridge link show dev $p | grep -q 'state forwarding'; do"
                + " i=$((i+1)); [ $i -lt 200 ] || exit 1; sleep 0.05; done; done");
    }

    private static void shell(String command) throws IOException, InterruptedException {
        Process process = new ProcessBuilder("sh", "-c", command)
                .redirectErrorStream(true)
                .start();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        if (!process.waitFor(30, TimeUnit.SECONDS) || process.exitValue() != 0) {
            throw new IllegalStateException("the bridge can't be built: " + said);
        }
    }

    private static void report(RawSocket in, RawSocket out, Map<String, byte[]> frames) throws Throwable {
        for (byte[] frame : frames.values()) {
            in.send(frame);
        }
        // The last frame of each table passes: when it is out, all that pass are.
        byte[] last = frames.values().stream().reduce((one, next) -> next).orElseThrow();
        Set<String> came = new LinkedHashSet<>();
        long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(10);
        while (!came.contains(hex(last)) && System.nanoTime() < until) {
            came.add(hex(out.received()));
        }
        frames.forEach((name, frame) -> {
            boolean through = came.contains(hex(frame)) || came.contains(hex(withoutTag(frame)));
            System.out.println((through == name.startsWith(PASSES) ? "ok " : "BAD ") + name);
        });
    }

    /** The kernel hands a VLAN tag over beside the frame. */
    private static byte[] withoutTag(byte[] frame) {
        byte[] bare = Arrays.copyOf(frame, frame.length - 4);
        System.arraycopy(frame, 16, bare, 12, frame.length - 16);
        return bare;
    }

    private static String hex(byte[] frame) {
        return HexFormat.of().formatHex(frame);
    }

    /** What neither kind of VM may send. */
    private static Map<String, byte[]> neverFrom(String mac, String own) {
        Map<String, byte[]> frames = new LinkedHashMap<>();
        frames.put("drop: another's MAC address", ip(PEER_MAC, PEER_MAC, own, "10.77.1.20", ESP, bytes(32)));
        frames.put("drop: another's MAC address in ARP", arp(PEER_MAC, 1, mac, own, "10.77.1.20"));
        frames.put("drop: ARP that claims another's address", arp(mac, 1, mac, "10.77.1.20", "10.77.1.21"));
        frames.put("drop: ARP reply that claims another's address", arp(mac, 2, mac, "10.77.1.20", "10.77.1.21"));
        frames.put("drop: ARP that gives another's MAC address", arp(mac, 2, PEER_MAC, own, "10.77.1.20"));
        frames.put("drop: ARP about another project", arp(mac, 1, mac, own, "10.77.2.10"));
        frames.put("drop: reverse ARP", arp(mac, 3, mac, own, "10.77.1.20"));
        frames.put("drop: another's IP address", ip(PEER_MAC, mac, "10.77.1.20", "10.77.1.21", ESP, bytes(32)));
        frames.put("drop: ESP out of the project", ip(PEER_MAC, mac, own, "10.77.2.10", ESP, bytes(32)));
        frames.put("drop: IKE out of the project", ip(PEER_MAC, mac, own, "10.77.2.10", UDP, udp(500, 500)));
        frames.put("drop: UDP from another port", ip(PEER_MAC, mac, own, "10.77.1.20", UDP, udp(53, 500)));
        frames.put("drop: UDP to another port", ip(PEER_MAC, mac, own, "10.77.1.20", UDP, udp(500, 53)));
        frames.put("drop: ping", ip(PEER_MAC, mac, own, "10.77.1.20", 1, new byte[] {8, 0, 0, 0, 0, 0, 0, 0}));
        frames.put("drop: another protocol", ip(PEER_MAC, mac, own, "10.77.1.20", 47, bytes(32)));
        frames.put("drop: IPv6", ethernet("33:33:00:00:00:01", mac, 0x86dd, bytes(60)));
        frames.put("drop: a VLAN tag", tagged(ip(PEER_MAC, mac, own, "10.77.1.20", ESP, bytes(32))));
        frames.put("drop: IP to everybody", ip(EVERYBODY, mac, own, "10.77.1.255", UDP, udp(500, 500)));
        frames.put("drop: IP to a group", ip("01:00:5e:00:00:fb", mac, own, "10.77.1.20", UDP, udp(500, 500)));
        frames.put("drop: a frame of no known type", ethernet(PEER_MAC, mac, 0x88b5, bytes(32)));
        frames.put("drop: TCP to Slurm's port", ip(PEER_MAC, mac, own, "10.77.1.20", TCP, tcp(40000, 6817, SYN)));
        return frames;
    }

    private static byte[] tagged(byte[] frame) {
        byte[] tagged = new byte[frame.length + 4];
        System.arraycopy(frame, 0, tagged, 0, 12);
        tagged[12] = (byte) 0x81;
        tagged[15] = 5;
        System.arraycopy(frame, 12, tagged, 16, frame.length - 12);
        return tagged;
    }

    private static Map<String, byte[]> fromWorker(String mac) {
        Map<String, byte[]> frames = neverFrom(mac, WORKER);
        frames.put("drop: ARP for the broker", arp(mac, 1, mac, WORKER, BROKER));
        frames.put("drop: TCP to the broker", ip(PEER_MAC, mac, WORKER, BROKER, TCP, tcp(40000, 8443, SYN)));
        frames.put("drop: TCP to a peer's port 22", ip(PEER_MAC, mac, WORKER, CVM, TCP, tcp(40000, 22, SYN)));
        frames.put("drop: a first packet from port 22", ip(PEER_MAC, mac, WORKER, CVM, TCP, tcp(22, 22, SYN)));
        frames.put("pass: ARP for the CVM", arp(mac, 1, mac, WORKER, CVM));
        frames.put("pass: IKE", ip(PEER_MAC, mac, WORKER, CVM, UDP, udp(500, 500)));
        frames.put("pass: ESP in UDP", ip(PEER_MAC, mac, WORKER, CVM, UDP, udp(4500, 4500)));
        frames.put("pass: ESP to another worker", ip(PEER_MAC, mac, WORKER, "10.77.1.20", ESP, bytes(32)));
        frames.put("pass: an answer from port 22", ip(PEER_MAC, mac, WORKER, CVM, TCP, tcp(22, 40000, SYN_ACK)));
        frames.put("pass: a reset from port 22", ip(PEER_MAC, mac, WORKER, CVM, TCP, tcp(22, 40000, RST)));
        frames.put("pass: the last", ip(PEER_MAC, mac, WORKER, CVM, TCP, tcp(22, 40000, ACK)));
        return frames;
    }

    private static Map<String, byte[]> fromCvm(String mac) {
        Map<String, byte[]> frames = neverFrom(mac, CVM);
        frames.put("drop: another port of the broker", ip(PEER_MAC, mac, CVM, BROKER, TCP, tcp(40000, 22, SYN)));
        frames.put("drop: the broker's neighbour", ip(PEER_MAC, mac, CVM, "10.77.0.2", TCP, tcp(40000, 8443, SYN)));
        frames.put(
                "drop: a first packet to the broker from port 22",
                ip(PEER_MAC, mac, CVM, BROKER, TCP, tcp(22, 9, SYN)));
        frames.put("drop: a worker elsewhere", ip(PEER_MAC, mac, CVM, "10.77.2.16", TCP, tcp(40000, 22, SYN)));
        frames.put("pass: ARP for the broker", arp(mac, 1, mac, CVM, BROKER));
        frames.put("pass: the broker", ip(PEER_MAC, mac, CVM, BROKER, TCP, tcp(40000, 8443, SYN)));
        frames.put("pass: a worker's port 22", ip(PEER_MAC, mac, CVM, WORKER, TCP, tcp(40000, 22, SYN)));
        frames.put("pass: an answer to the broker's ssh", ip(PEER_MAC, mac, CVM, BROKER, TCP, tcp(22, 40000, SYN_ACK)));
        frames.put("pass: IKE", ip(PEER_MAC, mac, CVM, WORKER, UDP, udp(500, 500)));
        frames.put("pass: the last", ip(PEER_MAC, mac, CVM, WORKER, ESP, bytes(32)));
        return frames;
    }

    /** What must reach neither kind of VM. */
    private static Map<String, byte[]> neverTo(String mac, String own) {
        Map<String, byte[]> frames = new LinkedHashMap<>();
        frames.put("drop: ARP about somebody else", arp(PEER_MAC, 1, PEER_MAC, "10.77.1.20", "10.77.1.21"));
        frames.put("drop: ARP from another project", arp(PEER_MAC, 1, PEER_MAC, "10.77.2.10", own));
        frames.put("drop: ESP from another project", ip(mac, PEER_MAC, "10.77.2.10", own, ESP, bytes(32)));
        frames.put("drop: IKE from another project", ip(mac, PEER_MAC, "10.77.2.10", own, UDP, udp(500, 500)));
        frames.put(
                "drop: port 22 from another project", ip(mac, PEER_MAC, "10.77.2.10", own, TCP, tcp(40000, 22, SYN)));
        frames.put("drop: Slurm's port", ip(mac, PEER_MAC, "10.77.1.20", own, TCP, tcp(40000, 6817, SYN)));
        frames.put("drop: UDP to another port", ip(mac, PEER_MAC, "10.77.1.20", own, UDP, udp(4500, 2049)));
        frames.put("drop: a packet for another address", ip(mac, PEER_MAC, "10.77.1.20", "10.77.1.21", ESP, bytes(32)));
        frames.put("drop: a frame for another", ip("52:54:00:00:00:02", PEER_MAC, "10.77.1.20", own, ESP, bytes(32)));
        frames.put("drop: ping", ip(mac, PEER_MAC, "10.77.1.20", own, 1, new byte[] {8, 0, 0, 0, 0, 0, 0, 0}));
        frames.put("drop: IPv6", ethernet(mac, PEER_MAC, 0x86dd, bytes(60)));
        frames.put("drop: a VLAN tag", tagged(ip(mac, PEER_MAC, "10.77.1.20", own, ESP, bytes(32))));
        return frames;
    }

    private static Map<String, byte[]> toWorker(String mac) {
        Map<String, byte[]> frames = neverTo(mac, WORKER);
        frames.put("drop: ARP from the broker", arp(PEER_MAC, 1, PEER_MAC, BROKER, WORKER));
        frames.put("drop: port 22 from the broker", ip(mac, PEER_MAC, BROKER, WORKER, TCP, tcp(40000, 22, SYN)));
        frames.put("drop: an answer that it never asked for", ip(mac, PEER_MAC, CVM, WORKER, TCP, tcp(22, 40000, ACK)));
        frames.put("pass: ARP from the CVM", arp(PEER_MAC, 1, PEER_MAC, CVM, WORKER));
        frames.put("pass: port 22 from the CVM", ip(mac, PEER_MAC, CVM, WORKER, TCP, tcp(40000, 22, SYN)));
        frames.put("pass: IKE", ip(mac, PEER_MAC, CVM, WORKER, UDP, udp(500, 500)));
        frames.put("pass: the last", ip(mac, PEER_MAC, "10.77.1.20", WORKER, ESP, bytes(32)));
        return frames;
    }

    private static Map<String, byte[]> toCvm(String mac) {
        Map<String, byte[]> frames = neverTo(mac, CVM);
        frames.put("drop: port 22 from a worker", ip(mac, PEER_MAC, WORKER, CVM, TCP, tcp(40000, 22, SYN)));
        frames.put(
                "drop: a first packet from the broker's port", ip(mac, PEER_MAC, BROKER, CVM, TCP, tcp(8443, 80, SYN)));
        frames.put("drop: another port from the broker", ip(mac, PEER_MAC, BROKER, CVM, TCP, tcp(40000, 6817, SYN)));
        frames.put("pass: ARP from the broker", arp(PEER_MAC, 2, PEER_MAC, BROKER, CVM));
        frames.put("pass: an answer of the broker", ip(mac, PEER_MAC, BROKER, CVM, TCP, tcp(8443, 40000, SYN_ACK)));
        frames.put("pass: ssh from the broker's machine", ip(mac, PEER_MAC, BROKER, CVM, TCP, tcp(40000, 22, SYN)));
        frames.put("pass: an answer of a worker", ip(mac, PEER_MAC, WORKER, CVM, TCP, tcp(22, 40000, SYN_ACK)));
        frames.put("pass: ESP from a worker", ip(mac, PEER_MAC, WORKER, CVM, ESP, bytes(32)));
        frames.put("pass: the last", ip(mac, PEER_MAC, WORKER, CVM, UDP, udp(4500, 4500)));
        return frames;
    }
}
