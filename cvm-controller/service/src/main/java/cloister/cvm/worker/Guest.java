package cloister.cvm.worker;

/**
 * What the backend told us of a worker that said hello.
 *
 * @param address its address on the underlay
 * @param tlsSpki its public key, base64 of a SubjectPublicKeyInfo
 */
public record Guest(String address, String tlsSpki) {}
