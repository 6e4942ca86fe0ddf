package cloister.vpn;

import cloister.vpn.identity.MachineKey;
import cloister.vpn.identity.Spki;
import java.io.IOException;
import java.util.Arrays;
import org.bouncycastle.asn1.x500.X500NameBuilder;
import org.bouncycastle.asn1.x500.style.BCStyle;
import org.bouncycastle.asn1.x9.X9ObjectIdentifiers;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.OperatorException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import org.bouncycastle.operator.jcajce.JcaContentVerifierProviderBuilder;
import org.bouncycastle.pkcs.PKCS10CertificationRequest;
import org.bouncycastle.pkcs.PKCSException;
import org.bouncycastle.pkcs.jcajce.JcaPKCS10CertificationRequestBuilder;

/** A machine's wish for a certificate: PKCS#10 (RFC 2986), which proves that it holds the key. */
public final class CertificateRequest {
    /** One with a P-256 key has about 250 bytes. */
    private static final int MOST_BYTES = 2048;

    private CertificateRequest() {}

    /** The request as DER. The name is a courtesy: whoever signs puts in the name that it knows to be right. */
    public static byte[] create(MachineKey key, String commonName) {
        try {
            var subject = new X500NameBuilder()
                    .addRDN(BCStyle.CN, Names.checked(commonName))
                    .build();
            var builder =
                    new JcaPKCS10CertificationRequestBuilder(subject, key.spki().publicKey());
            return builder.build(new JcaContentSignerBuilder("SHA256withECDSA").build(key.privateKey()))
                    .getEncoded();
        } catch (OperatorCreationException | IOException e) {
            throw new IllegalStateException("a P-256 key can sign its own request", e);
        }
    }

    /**
     * Throws {@link IllegalArgumentException} unless this is a request for that very key, signed by it. Nothing else in the request is
     * looked at or believed.
     */
    static void check(byte[] der, Spki mustBe) {
        if (der.length > MOST_BYTES) {
            throw new IllegalArgumentException("too long for a certificate request");
        }
        try {
            prove(new PKCS10CertificationRequest(der), der, mustBe);
        } catch (IOException | PKCSException | OperatorException e) {
            throw new IllegalArgumentException("not a certificate request", e);
        } catch (IllegalArgumentException e) {
            throw e;
        } catch (RuntimeException e) {
            // The parser and the verifier each have exceptions of their own for bytes that nobody meant well.
            throw new IllegalArgumentException("not a certificate request", e);
        }
    }

    private static void prove(PKCS10CertificationRequest request, byte[] der, Spki mustBe)
            throws IOException, PKCSException, OperatorException {
        if (!Arrays.equals(request.getEncoded(), der)) {
            throw new IllegalArgumentException("a request that is not in the one form that was signed");
        }
        if (!request.getSignatureAlgorithm().getAlgorithm().equals(X9ObjectIdentifiers.ecdsa_with_SHA256)) {
            throw new IllegalArgumentException("a request that is not signed by ECDSA with SHA-256");
        }
        byte[] key = request.getSubjectPublicKeyInfo().getEncoded();
        if (!Arrays.equals(key, mustBe.der())) {
            throw new IllegalArgumentException("a request for another key than the pinned one");
        }
        if (!request.isSignatureValid(new JcaContentVerifierProviderBuilder().build(mustBe.publicKey()))) {
            throw new IllegalArgumentException("a request that its key did not sign");
        }
    }
}
