package cloister.broker;

import org.jspecify.annotations.Nullable;

/**
 * The one line that the host's side of the boot channel says to a guest. It holds no secret.
 *
 * @param v version of the format, {@link BootChannel#version()}
 * @param kind what the guest is to become
 * @param nonce fresh for every line: 32 lower-case hexadecimal digits
 * @param nowMs the time in milliseconds since 1970: guests have no other clock to trust
 * @param project number of the project
 * @param lease number of the lease; workers only
 * @param worker number of the worker within the lease; workers only
 * @param name host name of the guest: {@code [a-z][a-z0-9-]{0,30}}
 * @param address its IPv4 address on the underlay
 * @param prefix length of the underlay's prefix
 * @param peersRange the project's range on the underlay, CIDR; nobody else may be a peer
 * @param endsAt Unix seconds at which the worker ends at the latest; workers only
 * @param cvmSpki base64 of the CVM's SubjectPublicKeyInfo: the only client of port 22; workers only
 * @param brokerAddress {@code address:port} of the broker; CVMs only
 * @param brokerSpki base64 of the broker's SubjectPublicKeyInfo; CVMs only
 */
public record BootLine(
        int v,
        GuestKind kind,
        String nonce,
        long nowMs,
        int project,
        @Nullable Integer lease,
        @Nullable Integer worker,
        String name,
        String address,
        int prefix,
        String peersRange,
        @Nullable Long endsAt,
        @Nullable String cvmSpki,
        @Nullable String brokerAddress,
        @Nullable String brokerSpki) {}
