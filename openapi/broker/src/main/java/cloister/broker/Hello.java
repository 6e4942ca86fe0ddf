package cloister.broker;

import org.jspecify.annotations.Nullable;

/**
 * The one line that a guest says on its boot channel, and the only upward message with more than numbers. Its keys are
 * parsed and encoded anew before anything keeps them.
 *
 * @param v version of the format, {@link BootChannel#version()}
 * @param nonce the boot line's
 * @param tlsSpki base64 of the DER SubjectPublicKeyInfo of the key that the guest made: EC P-256
 * @param sshHostKey public host key of the CVM's sshd, {@code ssh-ed25519 BASE64}; CVMs only
 * @param image version of the guest image
 */
public record Hello(
        int v, String nonce, String tlsSpki, @Nullable String sshHostKey, int image) {}
