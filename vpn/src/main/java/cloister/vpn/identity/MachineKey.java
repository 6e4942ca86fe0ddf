package cloister.vpn.identity;

import java.io.IOException;
import java.math.BigInteger;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.security.interfaces.ECPrivateKey;
import java.security.spec.ECGenParameterSpec;
import java.security.spec.ECPoint;
import java.security.spec.ECPublicKeySpec;
import java.security.spec.PKCS8EncodedKeySpec;
import java.time.Instant;
import java.util.Arrays;
import java.util.Date;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.crypto.ec.CustomNamedCurves;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;

/**
 * The one key of a machine: it authenticates TLS towards peers that pinned it, and the project's certificate for the tunnels
 * is issued to it. Prints nothing secret.
 */
public final class MachineKey {
    /** A PKCS#8 P-256 key in PEM is about 250 bytes; other writers add the public key and a line or two. */
    private static final int MOST_BYTES = 4096;

    private static final int SERIAL_BITS = 127;
    /** The certificate only carries the key. Its dates say nothing, since a guest's clock may start anywhere. */
    private static final Instant FROM = Instant.parse("2000-01-01T00:00:00Z");

    private static final Instant UNTIL = Instant.parse("9999-12-31T23:59:59Z");

    private final PrivateKey privateKey;
    private final Spki spki;
    private final X509Certificate certificate;

    private MachineKey(PrivateKey privateKey, Spki spki) {
        this.privateKey = privateKey;
        this.spki = spki;
        this.certificate = selfSigned(privateKey, spki);
    }

    public static MachineKey generate() {
        try {
            KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
            generator.initialize(new ECGenParameterSpec("secp256r1"));
            KeyPair pair = generator.generateKeyPair();
            return new MachineKey(pair.getPrivate(), Spki.of(pair.getPublic()));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every Java platform has secp256r1", e);
        }
    }

    /** Reads a PKCS#8 PEM file, which must be as {@link SecretFile#read} wants it. */
    public static MachineKey load(Path pem) throws IOException {
        byte[] text = SecretFile.read(pem, MOST_BYTES);
        byte[] der = {};
        try {
            der = Pem.decode(text, Pem.PRIVATE_KEY);
            PrivateKey key = KeyFactory.getInstance("EC").generatePrivate(new PKCS8EncodedKeySpec(der));
            return new MachineKey(key, publicPart(key));
        } catch (IllegalArgumentException | GeneralSecurityException e) {
            // The cause could quote the key's bytes, so it is left out.
            throw new IOException(pem + " does not hold one P-256 private key as PKCS#8 in PEM");
        } finally {
            Arrays.fill(text, (byte) 0);
            Arrays.fill(der, (byte) 0);
        }
    }

    /** Writes the key as PKCS#8 PEM, mode 0600, replacing the file at once or not at all. */
    public void store(Path pem) throws IOException {
        byte[] text = pem();
        try {
            SecretFile.replace(pem, text);
        } finally {
            Arrays.fill(text, (byte) 0);
        }
    }

    public Spki spki() {
        return spki;
    }

    public PrivateKey privateKey() {
        return privateKey;
    }

    /** Self-signed and valid for ever: a carrier of the key, which is what the other side compares. */
    public X509Certificate certificate() {
        return certificate;
    }

    /** The private key as PKCS#8 PEM. Secret: for a file of mode 0600 or a local daemon, and to be overwritten after use. */
    public byte[] pem() {
        byte[] der = privateKey.getEncoded();
        try {
            return Pem.encode(Pem.PRIVATE_KEY, der);
        } finally {
            Arrays.fill(der, (byte) 0);
        }
    }

    @Override
    public String toString() {
        return "MachineKey[" + spki.base64() + "]";
    }

    private static Spki publicPart(PrivateKey key) throws GeneralSecurityException {
        if (!(key instanceof ECPrivateKey ec) || !P256.isOurs(ec.getParams())) {
            throw new IllegalArgumentException("not a P-256 key");
        }
        BigInteger secret = ec.getS();
        if (secret.signum() <= 0 || secret.compareTo(P256.PARAMETERS.getOrder()) >= 0) {
            throw new IllegalArgumentException("not a P-256 key");
        }
        // PKCS#8 need not carry the public point, and where it does it would have to be believed: compute it.
        var point =
                CustomNamedCurves.getByName("secp256r1").getG().multiply(secret).normalize();
        ECPoint affine = new ECPoint(
                point.getAffineXCoord().toBigInteger(), point.getAffineYCoord().toBigInteger());
        return Spki.of(KeyFactory.getInstance("EC").generatePublic(new ECPublicKeySpec(affine, P256.PARAMETERS)));
    }

    private static X509Certificate selfSigned(PrivateKey key, Spki spki) {
        try {
            X500Name nobody = new X500Name("CN=machine");
            var builder = new JcaX509v3CertificateBuilder(
                    nobody,
                    new BigInteger(SERIAL_BITS, new SecureRandom()).setBit(0),
                    Date.from(FROM),
                    Date.from(UNTIL),
                    nobody,
                    spki.publicKey());
            var signer = new JcaContentSignerBuilder("SHA256withECDSA").build(key);
            return new JcaX509CertificateConverter().getCertificate(builder.build(signer));
        } catch (OperatorCreationException | GeneralSecurityException e) {
            throw new IllegalStateException("a P-256 key can sign its own certificate", e);
        }
    }
}
