package cloister.isolation;

/**
 * Rules for the tap of one VM on its host, for the libvirt hook: it loads them together with its own frame (a table of
 * the VM's own, the two chains, a drop at the end of each) in one transaction, or the VM does not start.
 *
 * <p>Each line begins {@code add rule bridge @TABLE@ to_vm} or {@code … from_vm}; the hook puts the table's name in.
 * The rules are stateless, because bridges have connection tracking only on some kernels: the way back of TCP is
 * "anything but a first packet". {@code from_vm} is walked before the bridge learns a sender's MAC address.
 */
public final class HostRules {
    private final StringBuilder text = new StringBuilder();
    private final Nic nic;
    private final Range project;

    private HostRules(Nic nic, Range project) {
        if (!project.contains(nic.address())) {
            throw new IllegalArgumentException("a VM's address must be in its project's range");
        }
        this.nic = nic;
        this.project = project;
    }

    /** A worker: IKE and ESP inside its project, and the CVM may connect to its port 22. */
    public static String forWorker(Ipv4 address, Range project) {
        HostRules rules = new HostRules(new Nic(address), project);
        rules.identity(project.toString());
        rules.ike();
        rules.to("ip saddr " + project + " tcp dport 22 counter accept");
        rules.from("ip daddr " + project + " tcp sport 22 " + Rule.NOT_FIRST + " counter accept");
        return rules.text.toString();
    }

    /** A CVM: IKE and ESP inside its project, port 22 of its workers, the broker, and ssh from the broker's machine. */
    public static String forCvm(Ipv4 address, Range project, Endpoint broker) {
        Rule.checkBroker(project, broker);
        HostRules rules = new HostRules(new Nic(address), project);
        rules.identity("{ " + project + ", " + broker.address() + " }");
        rules.ike();
        rules.from("ip daddr " + project + " tcp dport 22 counter accept");
        rules.to("ip saddr " + project + " tcp sport 22 " + Rule.NOT_FIRST + " counter accept");
        rules.from("ip daddr " + broker.address() + " tcp dport " + broker.port() + " counter accept");
        rules.to("ip saddr " + broker.address() + " tcp sport " + broker.port() + " " + Rule.NOT_FIRST
                + " counter accept");
        rules.to("ip saddr " + broker.address() + " tcp dport 22 counter accept");
        rules.from("ip daddr " + broker.address() + " tcp sport 22 " + Rule.NOT_FIRST + " counter accept");
        return rules.text.toString();
    }

    /**
     * What must hold before anything is accepted: the VM's own MAC and IP address as sender, ARP about itself only and
     * with its own partners only (nobody may learn by asking who else is there), no IPv6, no VLAN tag, no IP to a group
     * of stations.
     */
    private void identity(String partners) {
        String arp = "arp htype 1 arp ptype ip arp hlen 6 arp plen 4 arp operation { request, reply } ";
        String address = nic.address().toString();
        from("ether saddr != " + nic.mac() + " counter drop");
        from(arp + "arp saddr ether " + nic.mac() + " arp saddr ip " + address + " arp daddr ip " + partners
                + " counter accept");
        from("ether type != ip counter drop");
        from("ether daddr & 01:00:00:00:00:00 == 01:00:00:00:00:00 counter drop");
        from("ip saddr != " + address + " counter drop");

        to(arp + "arp saddr ip " + partners + " arp daddr ip " + address + " counter accept");
        to("ether type != ip counter drop");
        to("ether daddr != " + nic.mac() + " counter drop");
        to("ip daddr != " + address + " counter drop");
    }

    private void ike() {
        from("ip daddr " + project + " " + Rule.IKE + " counter accept");
        from("ip daddr " + project + " ip protocol esp counter accept");
        to("ip saddr " + project + " " + Rule.IKE + " counter accept");
        to("ip saddr " + project + " ip protocol esp counter accept");
    }

    private void from(String rule) {
        text.append("add rule bridge @TABLE@ from_vm ").append(rule).append('\n');
    }

    private void to(String rule) {
        text.append("add rule bridge @TABLE@ to_vm ").append(rule).append('\n');
    }
}
