package cloister.backend.machine;

import cloister.vpn.identity.Spki;

/** Who CVMs find at the other end of the broker's port: their boot line names it. Implemented by the room that serves it. */
public interface BrokerIdentity {
    /** {@code address:port} on the underlay, both literal. */
    String address();

    /** The one key that the broker shows. */
    Spki spki();
}
