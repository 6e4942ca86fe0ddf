package cloister.vpn;

/**
 * A tunnel that carries traffic now: both the association between the two charons and the one for packets stand.
 *
 * @param name that of its {@link Tunnel}
 * @param uniqueId charon's own number of it; another after each rekeying and each start of charon
 * @param remoteId the identity that the other end proved
 * @param remoteAddress where the other end is on the underlay
 * @param bytesIn carried by its present keys
 * @param bytesOut carried by its present keys
 */
public record Sa(String name, long uniqueId, String remoteId, String remoteAddress, long bytesIn, long bytesOut) {}
