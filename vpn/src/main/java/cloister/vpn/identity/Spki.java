package cloister.vpn.identity;

import java.math.BigInteger;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PublicKey;
import java.security.interfaces.ECPublicKey;
import java.security.spec.ECPoint;
import java.security.spec.ECPublicKeySpec;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;

/**
 * The public key of a machine: the base64 of a P-256 SubjectPublicKeyInfo (RFC 5480) with the point uncompressed. That form
 * is the only one there is, so two of these are equal exactly when the keys are.
 *
 * @param base64 124 characters, standard alphabet with padding
 */
public record Spki(String base64) {
    /** SEQUENCE { SEQUENCE { id-ecPublicKey, secp256r1 }, BIT STRING of 66 bytes, none unused, uncompressed point }. */
    private static final byte[] PREFIX =
            HexFormat.of().parseHex("3059301306072a8648ce3d020106082a8648ce3d03010703420004");

    private static final int DER_BYTES = PREFIX.length + 2 * P256.COORDINATE_BYTES;
    private static final int BASE64_CHARACTERS = (DER_BYTES + 2) / 3 * 4;

    /** Throws {@link IllegalArgumentException}, without repeating the input, on anything but the one form of a key. */
    public Spki {
        if (base64.length() != BASE64_CHARACTERS) {
            throw new IllegalArgumentException("a public key has " + BASE64_CHARACTERS + " characters of base64");
        }
        byte[] der = decode(base64);
        if (der.length != DER_BYTES || !Arrays.equals(der, 0, PREFIX.length, PREFIX, 0, PREFIX.length)) {
            throw new IllegalArgumentException("not the SubjectPublicKeyInfo of a P-256 key");
        }
        if (!P256.holds(point(der))) {
            throw new IllegalArgumentException("not a point of P-256");
        }
        String again = Base64.getEncoder().encodeToString(der);
        if (!again.equals(base64)) {
            throw new IllegalArgumentException("not canonical base64");
        }
        base64 = again;
    }

    /** Reads what somebody else wrote. Throws {@link IllegalArgumentException} on anything but the one form of a P-256 key. */
    public static Spki parse(String base64) {
        return new Spki(base64);
    }

    /** Throws {@link IllegalArgumentException} when the key is not on P-256. */
    public static Spki of(PublicKey key) {
        if (!(key instanceof ECPublicKey ec) || !P256.isOurs(ec.getParams()) || !P256.holds(ec.getW())) {
            throw new IllegalArgumentException("not a P-256 key");
        }
        byte[] der = Arrays.copyOf(PREFIX, DER_BYTES);
        put(ec.getW().getAffineX(), der, PREFIX.length);
        put(ec.getW().getAffineY(), der, PREFIX.length + P256.COORDINATE_BYTES);
        return new Spki(Base64.getEncoder().encodeToString(der));
    }

    public byte[] der() {
        return Base64.getDecoder().decode(base64);
    }

    public PublicKey publicKey() {
        try {
            return KeyFactory.getInstance("EC").generatePublic(new ECPublicKeySpec(point(der()), P256.PARAMETERS));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("the point was checked when this was made", e);
        }
    }

    private static byte[] decode(String base64) {
        try {
            return Base64.getDecoder().decode(base64);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException("not base64", e);
        }
    }

    private static ECPoint point(byte[] der) {
        return new ECPoint(
                new BigInteger(1, der, PREFIX.length, P256.COORDINATE_BYTES),
                new BigInteger(1, der, PREFIX.length + P256.COORDINATE_BYTES, P256.COORDINATE_BYTES));
    }

    private static void put(BigInteger coordinate, byte[] der, int at) {
        byte[] signed = coordinate.toByteArray();
        int from = Math.max(0, signed.length - P256.COORDINATE_BYTES);
        int length = signed.length - from;
        System.arraycopy(signed, from, der, at + P256.COORDINATE_BYTES - length, length);
    }
}
