package cloister.backend.machine;

import org.jspecify.annotations.Nullable;

/**
 * Application event: a machine said hello. It comes again, with the same key, when a conversation was resumed. Which
 * machine speaks is known by the channel, that the key is its own by the nonce; both are the host's word.
 *
 * @param id which machine
 * @param tlsSpki canonical base64 SubjectPublicKeyInfo of the key it made, EC P-256
 * @param sshHostKey {@code ssh-ed25519 BASE64}, encoded anew; CVMs only
 * @param image version of the guest image
 */
public record MachineHeard(
        MachineId id, String tlsSpki, @Nullable String sshHostKey, int image) {}
