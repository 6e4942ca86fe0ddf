package cloister.vpn;

import cloister.vpn.identity.Pem;
import cloister.vpn.identity.SecretFile;
import cloister.vpn.identity.Spki;
import java.io.IOException;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.SecureRandom;
import java.security.Signature;
import java.security.cert.CertificateEncodingException;
import java.security.cert.X509Certificate;
import java.security.spec.ECGenParameterSpec;
import java.security.spec.PKCS8EncodedKeySpec;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.Date;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x500.X500NameBuilder;
import org.bouncycastle.asn1.x500.style.BCStyle;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.ExtendedKeyUsage;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.asn1.x509.KeyPurposeId;
import org.bouncycastle.asn1.x509.KeyUsage;
import org.bouncycastle.cert.X509v3CertificateBuilder;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.cert.jcajce.JcaX509ExtensionUtils;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;

/**
 * The certificate authority of one project. Its key is made in the project's controlling machine and stays there; whoever it signed
 * is a member of the project's network. Prints nothing secret.
 */
public final class ProjectCa {
    private static final String SIGNATURE = "SHA384withECDSA";
    /** Key and certificate in PEM are about 1.2 KB. */
    private static final int MOST_BYTES = 8192;
    /** Certificates say that they are older than they are, since the clock of a guest may be behind when it reads them. */
    private static final Duration BACKDATED = Duration.ofMinutes(10);
    /** As long as a project may last; the file can be replaced before, at the price of every tunnel coming up anew. */
    private static final Duration CA_VALIDITY = Duration.ofDays(3650);
    /** Nothing that is signed here is revoked by list, so it must not live long. */
    private static final Duration LONGEST_VALIDITY = Duration.ofDays(400);
    /** Positive, and at most the twenty bytes of RFC 5280. */
    private static final int SERIAL_BITS = 127;

    private final PrivateKey key;
    private final X509Certificate certificate;

    private ProjectCa(PrivateKey key, X509Certificate certificate) {
        this.key = key;
        this.certificate = certificate;
    }

    /**
     * Makes a new authority and keeps key and certificate in one file of mode 0600. A file that exists is left alone and is an error:
     * an authority that was replaced would cut off every machine of the project.
     *
     * @param now this machine's time, from which the ten years of the authority count
     */
    public static ProjectCa create(Path keyAndCertificate, Instant now) throws IOException {
        try {
            KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
            generator.initialize(new ECGenParameterSpec("secp384r1"));
            KeyPair pair = generator.generateKeyPair();
            var ca = new ProjectCa(pair.getPrivate(), authority(pair, now));
            ca.store(keyAndCertificate);
            return ca;
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every Java platform has secp384r1", e);
        }
    }

    /** Reads what {@link #create} wrote. Throws when the key does not belong to the certificate or the file is open to others. */
    public static ProjectCa load(Path keyAndCertificate) throws IOException {
        byte[] text = SecretFile.read(keyAndCertificate, MOST_BYTES);
        byte[] keyPart = {};
        byte[] der = {};
        try {
            int border = border(text);
            keyPart = Arrays.copyOf(text, border);
            der = Pem.decode(keyPart, Pem.PRIVATE_KEY);
            X509Certificate certificate =
                    Pem.certificate(new String(text, border, text.length - border, StandardCharsets.US_ASCII));
            PrivateKey key = KeyFactory.getInstance("EC").generatePrivate(new PKCS8EncodedKeySpec(der));
            if (!belong(key, certificate.getPublicKey()) || certificate.getBasicConstraints() != 0) {
                throw new IllegalArgumentException("not an authority and its own key");
            }
            return new ProjectCa(key, certificate);
        } catch (IllegalArgumentException | GeneralSecurityException e) {
            // The cause could quote the key's bytes, so it is left out.
            throw new IOException(keyAndCertificate + " does not hold an authority's key and its certificate in PEM");
        } finally {
            Arrays.fill(text, (byte) 0);
            Arrays.fill(keyPart, (byte) 0);
            Arrays.fill(der, (byte) 0);
        }
    }

    public X509Certificate ca() {
        return certificate;
    }

    /**
     * Signs a machine's key. Only the key is taken from the request, after the request proved that its sender holds it.
     *
     * @param pkcs10Der at most 2048 bytes
     * @param mustBe the key that is pinned for the machine; a request for any other is refused
     * @param dnsName the machine's name in the project, which is also its IKE identity
     * @param validity at most 400 days, and never beyond the authority's own end
     * @throws IllegalArgumentException when the request, the name or the validity is not acceptable
     */
    public X509Certificate sign(byte[] pkcs10Der, Spki mustBe, String dnsName, Duration validity, Instant now) {
        CertificateRequest.check(pkcs10Der, mustBe);
        if (validity.isNegative() || validity.isZero() || validity.compareTo(LONGEST_VALIDITY) > 0) {
            throw new IllegalArgumentException(
                    "a certificate is valid for at most " + LONGEST_VALIDITY.toDays() + " days");
        }
        Instant end = now.plus(validity);
        Instant own = certificate.getNotAfter().toInstant();
        if (!now.isBefore(own)) {
            throw new IllegalStateException("the project's authority has expired: make a new one");
        }
        X500Name subject =
                new X500NameBuilder().addRDN(BCStyle.CN, Names.checked(dnsName)).build();
        try {
            var extensions = new JcaX509ExtensionUtils();
            var builder = new JcaX509v3CertificateBuilder(
                    certificate,
                    serial(),
                    Date.from(now.minus(BACKDATED)),
                    Date.from(end.isBefore(own) ? end : own),
                    new javax.security.auth.x500.X500Principal(subject.getEncoded()),
                    mustBe.publicKey());
            builder.addExtension(Extension.basicConstraints, true, new BasicConstraints(false))
                    .addExtension(Extension.keyUsage, true, new KeyUsage(KeyUsage.digitalSignature))
                    .addExtension(Extension.extendedKeyUsage, false, new ExtendedKeyUsage(new KeyPurposeId[] {
                        KeyPurposeId.id_kp_serverAuth, KeyPurposeId.id_kp_clientAuth
                    }))
                    .addExtension(
                            Extension.subjectAlternativeName,
                            false,
                            new GeneralNames(new GeneralName(GeneralName.dNSName, dnsName)))
                    .addExtension(
                            Extension.subjectKeyIdentifier,
                            false,
                            extensions.createSubjectKeyIdentifier(mustBe.publicKey()))
                    // strongSwan ignores a revocation list whose certificates do not name their authority's key.
                    .addExtension(
                            Extension.authorityKeyIdentifier,
                            false,
                            extensions.createAuthorityKeyIdentifier(certificate.getPublicKey()));
            return signed(builder, key);
        } catch (GeneralSecurityException | IOException e) {
            throw new IllegalStateException("a checked key and a checked name make a certificate", e);
        }
    }

    @Override
    public String toString() {
        return "ProjectCa[" + certificate.getSubjectX500Principal() + "]";
    }

    private void store(Path file) throws IOException {
        byte[] der = key.getEncoded();
        byte[] first = Pem.encode(Pem.PRIVATE_KEY, der);
        byte[] second = Pem.of(certificate).getBytes(StandardCharsets.US_ASCII);
        byte[] both = new byte[first.length + second.length];
        ByteBuffer.wrap(both).put(first).put(second);
        try {
            SecretFile.create(file, both);
        } finally {
            Arrays.fill(der, (byte) 0);
            Arrays.fill(first, (byte) 0);
            Arrays.fill(both, (byte) 0);
        }
    }

    /** Where the certificate begins: behind the key, which is all base64 and dashes. */
    private static int border(byte[] text) {
        byte[] mark = "-----BEGIN CERTIFICATE-----".getBytes(StandardCharsets.US_ASCII);
        for (int at = 0; at + mark.length <= text.length; at++) {
            if (Arrays.equals(text, at, at + mark.length, mark, 0, mark.length)) {
                return at;
            }
        }
        throw new IllegalArgumentException("there is no certificate");
    }

    private static boolean belong(PrivateKey key, PublicKey other) throws GeneralSecurityException {
        byte[] probe = new byte[32];
        new SecureRandom().nextBytes(probe);
        Signature signature = Signature.getInstance(SIGNATURE);
        signature.initSign(key);
        signature.update(probe);
        byte[] signed = signature.sign();
        signature.initVerify(other);
        signature.update(probe);
        return signature.verify(signed);
    }

    private static X509Certificate authority(KeyPair pair, Instant now) throws GeneralSecurityException, IOException {
        X500Name name = new X500NameBuilder()
                .addRDN(BCStyle.O, "cloister")
                .addRDN(BCStyle.CN, "project authority")
                .build();
        var extensions = new JcaX509ExtensionUtils();
        var builder = new JcaX509v3CertificateBuilder(
                name,
                serial(),
                Date.from(now.minus(BACKDATED)),
                Date.from(now.plus(CA_VALIDITY)),
                name,
                pair.getPublic());
        builder.addExtension(Extension.basicConstraints, true, new BasicConstraints(0))
                .addExtension(Extension.keyUsage, true, new KeyUsage(KeyUsage.keyCertSign | KeyUsage.cRLSign))
                .addExtension(
                        Extension.subjectKeyIdentifier, false, extensions.createSubjectKeyIdentifier(pair.getPublic()));
        return signed(builder, pair.getPrivate());
    }

    private static X509Certificate signed(X509v3CertificateBuilder builder, PrivateKey key)
            throws GeneralSecurityException {
        try {
            return new JcaX509CertificateConverter()
                    .getCertificate(builder.build(new JcaContentSignerBuilder(SIGNATURE).build(key)));
        } catch (OperatorCreationException e) {
            throw new CertificateEncodingException("the platform cannot sign with " + SIGNATURE, e);
        }
    }

    private static BigInteger serial() {
        return new BigInteger(SERIAL_BITS, new SecureRandom()).setBit(SERIAL_BITS - 1);
    }
}
