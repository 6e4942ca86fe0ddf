package cloister.backend.machine;

import cloister.broker.BootChannel;
import cloister.broker.BootLine;
import cloister.broker.GuestKind;
import cloister.broker.Hello;
import cloister.isolation.Range;
import cloister.vpn.identity.Spki;
import com.fasterxml.jackson.annotation.JsonInclude;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.HexFormat;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.MapperFeature;
import tools.jackson.databind.cfg.CoercionAction;
import tools.jackson.databind.cfg.CoercionInputShape;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.type.LogicalType;

/** The two lines of a boot conversation: what we say, and how strictly we read the answer. */
final class BootWords {
    private static final int NONCE_BYTES = 16;
    private static final int LONGEST_STRING = 1024;
    private static final int DEEPEST = 2;

    private final BrokerIdentity broker;
    private final Range underlay;
    private final int projectPrefix;
    private final SecureRandom random = new SecureRandom();
    private final JsonMapper json = JsonMapper.builder(JsonFactory.builder()
                    .streamReadConstraints(StreamReadConstraints.builder()
                            .maxStringLength(LONGEST_STRING)
                            .maxNestingDepth(DEEPEST)
                            .maxDocumentLength(BootChannel.longestLineBytes())
                            .build())
                    .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                    .build())
            .enable(
                    DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES,
                    DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES,
                    DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .disable(DeserializationFeature.ACCEPT_FLOAT_AS_INT)
            .disable(MapperFeature.ALLOW_COERCION_OF_SCALARS)
            .withCoercionConfig(
                    LogicalType.Textual,
                    config -> config.setCoercion(CoercionInputShape.Integer, CoercionAction.Fail)
                            .setCoercion(CoercionInputShape.Float, CoercionAction.Fail)
                            .setCoercion(CoercionInputShape.Boolean, CoercionAction.Fail))
            .changeDefaultPropertyInclusion(was -> was.withValueInclusion(JsonInclude.Include.NON_NULL))
            .build();

    BootWords(BrokerIdentity broker, Range underlay, int projectPrefix) {
        this.broker = broker;
        this.underlay = underlay;
        this.projectPrefix = projectPrefix;
    }

    /** 32 lower-case hexadecimal digits that nobody can guess. */
    String nonce() {
        byte[] bytes = new byte[NONCE_BYTES];
        random.nextBytes(bytes);
        return HexFormat.of().formatHex(bytes);
    }

    /** The boot line of a machine, with its end. */
    byte[] line(Machine machine, String nonce, Instant now) {
        Range project = Range.around(machine.address(), projectPrefix);
        boolean cvm = machine.id().isCvm();
        Machine.@Nullable Worker worker = machine instanceof Machine.Worker w ? w : null;
        BootLine line = new BootLine(
                BootChannel.version(),
                cvm ? GuestKind.CVM : GuestKind.WORKER,
                nonce,
                now.toEpochMilli(),
                machine.id().project(),
                worker == null ? null : worker.id().lease(),
                worker == null ? null : worker.id().worker(),
                machine.id().guestName(),
                machine.address().toString(),
                underlay.prefix(),
                project.toString(),
                worker == null ? null : worker.endsAt().getEpochSecond(),
                worker == null ? null : worker.cvmSpki(),
                cvm ? broker.address() : null,
                cvm ? broker.spki().base64() : null);
        return (json.writeValueAsString(line) + "\n").getBytes(StandardCharsets.UTF_8);
    }

    /**
     * Reads a hello. Its keys come back parsed and encoded anew.
     *
     * @throws IllegalArgumentException for anything that an honest guest doesn't say; the message repeats none of it
     */
    Hello hello(MachineId id, String line) {
        Hello hello = parsed(line);
        if (hello.v() != BootChannel.version()) {
            throw new IllegalArgumentException("a hello of another version");
        }
        String nonce = given(hello.nonce(), "nonce");
        if (!nonce.matches("[0-9a-f]{32}")) {
            throw new IllegalArgumentException("a nonce that none of ours can be");
        }
        if (hello.image() < 0) {
            throw new IllegalArgumentException("a negative image version");
        }
        String key = Spki.parse(given(hello.tlsSpki(), "tlsSpki")).base64();
        String ssh = hello.sshHostKey();
        if ((ssh != null) != id.isCvm()) {
            throw new IllegalArgumentException("a CVM says its ssh host key, and a worker has none");
        }
        return new Hello(hello.v(), nonce, key, ssh == null ? null : SshHostKey.canonical(ssh), hello.image());
    }

    private Hello parsed(String line) {
        @Nullable Hello hello;
        try {
            hello = json.readValue(line, Hello.class);
        } catch (JacksonException e) {
            // The parser's message would repeat the guest's words.
            throw new IllegalArgumentException("a line that is no hello");
        }
        if (hello == null) {
            throw new IllegalArgumentException("a line that is no hello");
        }
        return hello;
    }

    private static String given(@Nullable String value, String field) {
        if (value == null) {
            throw new IllegalArgumentException("a hello without " + field);
        }
        return value;
    }
}
