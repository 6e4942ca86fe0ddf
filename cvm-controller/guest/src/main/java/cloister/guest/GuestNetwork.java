package cloister.guest;

import cloister.isolation.Ipv4;
import cloister.isolation.Range;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.StringJoiner;

/** The guest's interfaces, name and firewall. Everything may be done twice. */
public final class GuestNetwork {
    private static final String UNDERLAY = "eth0";
    private static final String OVERLAY = "xfrm0";
    private static final int UNDERLAY_MTU = 1450;
    /** What is left of 1450 bytes behind UDP, ESP and the tunnel's header with AES-256-GCM. */
    private static final int OVERLAY_MTU = 1380;

    private static final int IF_ID = 42;

    private final Commands commands;
    private final Path root;

    /**
     * The network of a guest.
     *
     * @param root where {@code /etc}, {@code /proc} and {@code /sys} are: {@code /}, save in tests
     */
    public GuestNetwork(Commands commands, Path root) {
        this.commands = commands;
        this.root = root;
    }

    /** The identifier that ties the overlay's interface to the tunnels' policies. */
    public static int ifId() {
        return IF_ID;
    }

    /** Loads a complete firewall in one transaction; where that fails, the one before stays. */
    public void firewall(String rules) throws IOException, InterruptedException {
        commands.checked(Command.of("nft", "-f", "-").reading(rules.getBytes(StandardCharsets.UTF_8)));
    }

    /** Name, loopback and underlay. The firewall must stand before. */
    public void underlay(Boot boot) throws IOException, InterruptedException {
        Files.writeString(root.resolve("proc/sys/kernel/hostname"), boot.name());
        commands.checked(Command.of("ip", "link", "set", "lo", "up"));
        commands.checked(Command.of("ip", "address", "replace", boot.address() + "/" + boot.prefix(), "dev", UNDERLAY));
        commands.checked(Command.of("ip", "link", "set", UNDERLAY, "mtu", Integer.toString(UNDERLAY_MTU), "up"));
    }

    /** The overlay's interface, address and route. Its packets go through a tunnel or nowhere. */
    public void overlay(Ipv4 own, Range overlay) throws IOException, InterruptedException {
        if (!overlay.contains(own)) {
            throw new IllegalArgumentException("the guest's overlay address must be within the overlay");
        }
        if (!Files.exists(root.resolve("sys/class/net").resolve(OVERLAY))) {
            commands.checked(Command.of(
                    "ip", "link", "add", OVERLAY, "type", "xfrm", "dev", UNDERLAY, "if_id", Integer.toString(IF_ID)));
        }
        commands.checked(Command.of("ip", "address", "replace", own + "/32", "dev", OVERLAY));
        commands.checked(Command.of("ip", "link", "set", OVERLAY, "mtu", Integer.toString(OVERLAY_MTU), "up"));
        commands.checked(
                Command.of("ip", "route", "replace", overlay.toString(), "dev", OVERLAY, "src", own.toString()));
    }

    /** Passes packets on between workers: the CVM is the hub. It tells nobody of shorter ways, for there are none. */
    public void hub() throws IOException {
        Path settings = root.resolve("proc/sys/net/ipv4");
        for (String scope : new String[] {"all", OVERLAY}) {
            Files.writeString(settings.resolve("conf").resolve(scope).resolve("send_redirects"), "0");
        }
        Files.writeString(settings.resolve("ip_forward"), "1");
    }

    /** Writes {@code /etc/hosts}: the loopback and these, and nothing else is ever resolved. */
    public void hosts(Map<String, Ipv4> names) throws IOException {
        var lines = new StringJoiner("\n", "127.0.0.1 localhost\n", "\n");
        names.forEach((name, address) -> lines.add(address + " " + name));
        PrivateFiles.writePublic(root.resolve("etc/hosts"), lines.toString().getBytes(StandardCharsets.US_ASCII));
    }
}
