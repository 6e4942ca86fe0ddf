package cloister.isolation;

/**
 * The complete firewall inside a guest: an nft file that replaces whatever was loaded, in one transaction.
 *
 * <p>It says the same as {@link HostRules} once more on {@code eth0}, and adds what the overlay's interface {@code
 * xfrm0} may carry. Everything else is dropped: in, out and through, IPv6 included. No rule needs connection tracking,
 * so that the rules hold from the first packet and there is no table to fill.
 *
 * <p>{@code xfrm0} need not exist yet: interfaces are matched by name.
 */
public final class GuestRules {
    private final Ipv4 address;
    private final Range project;
    private final Range overlay;
    private final StringBuilder input = new StringBuilder();
    private final StringBuilder output = new StringBuilder();
    private final StringBuilder forward = new StringBuilder();

    private GuestRules(Ipv4 address, Range project, Range overlay) {
        if (!project.contains(address)) {
            throw new IllegalArgumentException("a VM's address must be in its project's range");
        }
        if (overlay.contains(project) || project.contains(overlay)) {
            throw new IllegalArgumentException("overlay and underlay must be apart");
        }
        this.address = address;
        this.project = project;
        this.overlay = overlay;
    }

    /** A worker: the CVM may connect to port 22; on the overlay everything inside the project. */
    public static String forWorker(Ipv4 address, Range project, Range overlay) {
        GuestRules rules = new GuestRules(address, project, overlay);
        rules.ike();
        rules.in("ip saddr " + project + " tcp dport 22 counter accept");
        rules.out("ip daddr " + project + " tcp sport 22 " + Rule.NOT_FIRST + " counter accept");
        rules.line(rules.input, "iifname \"xfrm0\" " + rules.inside() + " counter accept");
        return rules.file();
    }

    /**
     * A CVM: it calls its workers' port 22 and the broker, and takes ssh from the broker's machine. On the overlay it
     * serves slurmctld (6817), NFS (2049) and srun (60001 to 60100), and passes workers' packets on to other workers.
     */
    public static String forCvm(Ipv4 address, Range project, Range overlay, Endpoint broker) {
        Rule.checkBroker(project, broker);
        GuestRules rules = new GuestRules(address, project, overlay);
        rules.ike();
        rules.out("ip daddr " + project + " tcp dport 22 counter accept");
        rules.in("ip saddr " + project + " tcp sport 22 " + Rule.NOT_FIRST + " counter accept");
        rules.out("ip daddr " + broker.address() + " tcp dport " + broker.port() + " counter accept");
        rules.in("ip saddr " + broker.address() + " tcp sport " + broker.port() + " " + Rule.NOT_FIRST
                + " counter accept");
        rules.in("ip saddr " + broker.address() + " tcp dport 22 counter accept");
        rules.out("ip daddr " + broker.address() + " tcp sport 22 " + Rule.NOT_FIRST + " counter accept");

        String overlayIn = "iifname \"xfrm0\" " + rules.inside() + " ";
        rules.line(rules.input, overlayIn + "tcp dport { 2049, 6817, 60001-60100 } counter accept");
        rules.line(rules.input, overlayIn + Rule.NOT_FIRST + " counter accept");
        rules.line(
                rules.input,
                overlayIn + "icmp type { echo-request, echo-reply, destination-unreachable, time-exceeded }"
                        + " counter accept");
        rules.line(rules.forward, "iifname \"xfrm0\" oifname \"xfrm0\" " + rules.inside() + " counter accept");
        return rules.file();
    }

    private void ike() {
        in("ip saddr " + project + " " + Rule.IKE + " counter accept");
        in("ip saddr " + project + " ip protocol esp counter accept");
        out("ip daddr " + project + " " + Rule.IKE + " counter accept");
        out("ip daddr " + project + " ip protocol esp counter accept");
        line(output, "oifname \"xfrm0\" " + inside() + " counter accept");
    }

    private String inside() {
        return "ip saddr " + overlay + " ip daddr " + overlay;
    }

    private void in(String rule) {
        line(input, "iifname \"eth0\" ip daddr " + address + " " + rule);
    }

    private void out(String rule) {
        line(output, "oifname \"eth0\" ip saddr " + address + " " + rule);
    }

    private void line(StringBuilder chain, String rule) {
        chain.append("    ").append(rule).append('\n');
    }

    private String file() {
        return "flush ruleset\n"
                + "table inet cloister {\n"
                + chain("input", "iifname \"lo\" accept", input)
                + chain("output", "oifname \"lo\" accept", output)
                + chain("forward", "", forward)
                + "}\n";
    }

    private static String chain(String hook, String first, StringBuilder rules) {
        return "  chain " + hook + " {\n"
                + "    type filter hook " + hook + " priority 0; policy drop;\n"
                + (first.isEmpty() ? "" : "    " + first + "\n")
                + rules
                + "    counter\n"
                + "  }\n";
    }
}
