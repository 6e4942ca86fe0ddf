package cloister.vpn.identity;

import java.math.BigInteger;
import java.security.AlgorithmParameters;
import java.security.GeneralSecurityException;
import java.security.spec.ECFieldFp;
import java.security.spec.ECGenParameterSpec;
import java.security.spec.ECParameterSpec;
import java.security.spec.ECPoint;
import java.security.spec.EllipticCurve;

/** The curve of every machine key: NIST P-256 (SEC 2, secp256r1). */
final class P256 {
    static final int COORDINATE_BYTES = 32;
    static final ECParameterSpec PARAMETERS = parameters();

    private P256() {}

    private static ECParameterSpec parameters() {
        try {
            AlgorithmParameters parameters = AlgorithmParameters.getInstance("EC");
            parameters.init(new ECGenParameterSpec("secp256r1"));
            return parameters.getParameterSpec(ECParameterSpec.class);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every Java platform has secp256r1", e);
        }
    }

    static boolean isOurs(ECParameterSpec other) {
        return other.getCurve().equals(PARAMETERS.getCurve())
                && other.getGenerator().equals(PARAMETERS.getGenerator())
                && other.getOrder().equals(PARAMETERS.getOrder())
                && other.getCofactor() == PARAMETERS.getCofactor();
    }

    /** Whether the point satisfies y² = x³ + ax + b with both coordinates reduced. The cofactor is 1, so no more is needed. */
    static boolean holds(ECPoint point) {
        if (point.equals(ECPoint.POINT_INFINITY)) {
            return false;
        }
        EllipticCurve curve = PARAMETERS.getCurve();
        BigInteger p = ((ECFieldFp) curve.getField()).getP();
        BigInteger x = point.getAffineX();
        BigInteger y = point.getAffineY();
        if (x.signum() < 0 || y.signum() < 0 || x.compareTo(p) >= 0 || y.compareTo(p) >= 0) {
            return false;
        }
        BigInteger right =
                x.pow(3).add(curve.getA().multiply(x)).add(curve.getB()).mod(p);
        return y.multiply(y).mod(p).equals(right);
    }
}
