package cloister.isolation;

/**
 * The one network card of a VM. Its MAC address and the name of its tap follow from its address on the underlay, so
 * that whoever knows one knows all three, and none can be chosen by anybody.
 *
 * @param address on the underlay
 */
public record Nic(Ipv4 address) {
    /** {@code 52:54} is QEMU's locally administered range for hand-given addresses; the rest is the IPv4 address. */
    public String mac() {
        return String.format(
                "52:54:%02x:%02x:%02x:%02x", address.octet(0), address.octet(1), address.octet(2), address.octet(3));
    }

    /** Seven characters of at most 15, and never {@code vnet…}: libvirt would replace that. */
    public String tap() {
        return String.format("c%02x%02x%02x", address.octet(1), address.octet(2), address.octet(3));
    }
}
