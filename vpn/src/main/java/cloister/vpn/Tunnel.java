package cloister.vpn;

import java.util.regex.Pattern;

/**
 * One tunnel as one of its two ends sees it. The controlling machine and a worker hold mirror images of each other; so do two workers
 * with a direct tunnel, whose ranges are single addresses and therefore win over the wider ones of their tunnels to the hub.
 *
 * @param name unique on this machine; lower-case letters, digits and hyphens, at most 63
 * @param localAddress IPv4 address on the underlay
 * @param remoteAddress the same of the other end
 * @param localId IKE identity, a DNS name that the local certificate bears
 * @param remoteId the name that the other end's certificate must bear
 * @param localTs what may be behind this end, for instance {@code 10.99.0.0/24}
 * @param remoteTs what may be behind the other end, for instance {@code 10.99.0.16/32}
 * @param ifId number of the xfrm interface that the tunnel belongs to; 0 for none
 * @param kept whether this end's charon brings it up again by itself when it was up and is lost; for one of the two ends at most
 */
public record Tunnel(
        String name,
        String localAddress,
        String remoteAddress,
        String localId,
        String remoteId,
        String localTs,
        String remoteTs,
        int ifId,
        boolean kept) {
    private static final Pattern NAME = Pattern.compile("[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?");
    private static final String BYTE = "(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9][0-9]|[0-9])";
    private static final Pattern ADDRESS = Pattern.compile(BYTE + "(\\." + BYTE + "){3}");
    private static final Pattern RANGE = Pattern.compile(ADDRESS.pattern() + "/(3[0-2]|[12][0-9]|[1-9])");

    /** Throws {@link IllegalArgumentException} when a part is not what it should be. */
    public Tunnel {
        checkedName(name);
        need(ADDRESS.matcher(localAddress).matches(), "the local address is not an IPv4 address");
        need(ADDRESS.matcher(remoteAddress).matches(), "the remote address is not an IPv4 address");
        Names.checked(localId);
        Names.checked(remoteId);
        need(RANGE.matcher(localTs).matches(), "the local range is not an IPv4 range");
        need(RANGE.matcher(remoteTs).matches(), "the remote range is not an IPv4 range");
        need(ifId >= 0, "the interface's number is not below 0");
        need(!localId.equals(remoteId), "a tunnel joins two machines");
    }

    static String checkedName(String name) {
        need(NAME.matcher(name).matches(), "a tunnel's name is lower-case letters, digits and hyphens");
        return name;
    }

    private static void need(boolean holds, String otherwise) {
        if (!holds) {
            throw new IllegalArgumentException(otherwise);
        }
    }
}
