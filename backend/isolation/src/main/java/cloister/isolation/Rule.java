package cloister.isolation;

/** Pieces that the host's and the guest's rules share. */
final class Rule {
    /** IKE, and ESP in UDP: charon speaks from the same two ports. */
    static final String IKE = "udp sport { 500, 4500 } udp dport { 500, 4500 }";

    /** Any packet of a TCP connection but the one that opens it. */
    static final String NOT_FIRST = "tcp flags & (syn | ack) != syn";

    private Rule() {}

    static void checkBroker(Range project, Endpoint broker) {
        if (project.contains(broker.address())) {
            throw new IllegalArgumentException("the broker's address must not be in a project's range");
        }
    }
}
