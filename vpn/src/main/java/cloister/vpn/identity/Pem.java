package cloister.vpn.identity;

import java.io.ByteArrayInputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.cert.CertificateEncodingException;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.Arrays;
import java.util.Base64;

/** The textual encoding of keys and certificates (RFC 7468): exactly one block, nothing before and nothing after it. */
public final class Pem {
    public static final String PRIVATE_KEY = "PRIVATE KEY";
    public static final String CERTIFICATE = "CERTIFICATE";
    /** A certificate of ours has about 800 characters. */
    private static final int MOST_CERTIFICATE_CHARACTERS = 8192;

    private static final int LINE = 64;

    private Pem() {}

    public static byte[] encode(String label, byte[] der) {
        byte[] head = edge("BEGIN", label);
        byte[] body = Base64.getMimeEncoder(LINE, new byte[] {'\n'}).encode(der);
        byte[] foot = edge("END", label);
        byte[] all = new byte[head.length + 1 + body.length + 1 + foot.length + 1];
        ByteBuffer.wrap(all)
                .put(head)
                .put((byte) '\n')
                .put(body)
                .put((byte) '\n')
                .put(foot)
                .put((byte) '\n');
        Arrays.fill(body, (byte) 0);
        return all;
    }

    /** Throws {@link IllegalArgumentException}, which quotes nothing of the input, unless there is one block with this label. */
    public static byte[] decode(byte[] pem, String label) {
        byte[] head = edge("BEGIN", label);
        byte[] foot = edge("END", label);
        int from = 0;
        int to = pem.length;
        while (to > from && isSpace(pem[to - 1])) {
            to--;
        }
        if (to - from < head.length + foot.length
                || !Arrays.equals(pem, from, from + head.length, head, 0, head.length)
                || !Arrays.equals(pem, to - foot.length, to, foot, 0, foot.length)) {
            throw new IllegalArgumentException("not one block of PEM with a " + label);
        }
        byte[] body = new byte[to - from - head.length - foot.length];
        int length = 0;
        for (int at = from + head.length; at < to - foot.length; at++) {
            if (!isSpace(pem[at])) {
                body[length++] = pem[at];
            }
        }
        byte[] packed = Arrays.copyOf(body, length);
        try {
            return Base64.getDecoder().decode(packed);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException("what stands between the lines of a " + label + " is not base64");
        } finally {
            Arrays.fill(body, (byte) 0);
            Arrays.fill(packed, (byte) 0);
        }
    }

    public static String of(X509Certificate certificate) {
        try {
            return new String(encode(CERTIFICATE, certificate.getEncoded()), StandardCharsets.US_ASCII);
        } catch (CertificateEncodingException e) {
            throw new IllegalStateException("a certificate that was parsed or made has an encoding", e);
        }
    }

    /** Throws {@link IllegalArgumentException} unless the text is one certificate of at most 8192 characters. */
    public static X509Certificate certificate(String pem) {
        if (pem.length() > MOST_CERTIFICATE_CHARACTERS) {
            throw new IllegalArgumentException("too long for a certificate");
        }
        byte[] der = decode(pem.getBytes(StandardCharsets.US_ASCII), CERTIFICATE);
        try {
            var in = new ByteArrayInputStream(der);
            var certificate =
                    (X509Certificate) CertificateFactory.getInstance("X.509").generateCertificate(in);
            if (in.available() != 0) {
                throw new IllegalArgumentException("something stands behind the certificate");
            }
            return certificate;
        } catch (CertificateException e) {
            throw new IllegalArgumentException("not a certificate", e);
        }
    }

    private static byte[] edge(String which, String label) {
        return ("-----" + which + " " + label + "-----").getBytes(StandardCharsets.US_ASCII);
    }

    private static boolean isSpace(byte character) {
        return character == '\n' || character == '\r' || character == ' ' || character == '\t';
    }
}
