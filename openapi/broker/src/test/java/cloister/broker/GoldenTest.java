package cloister.broker;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.json.JsonMapper;

/** Every record as bytes. A change here is a change of the format: its version goes up with it. */
class GoldenTest {
    private static final JsonMapper MAPPER = JsonMapper.builder()
            .changeDefaultPropertyInclusion(value -> value.withValueInclusion(JsonInclude.Include.NON_NULL))
            .enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
            .build();
    private static final String KEY = "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE";
    private static final String NONCE = "00112233445566778899aabbccddeeff";
    private static final Path FOLDER = Path.of("src/test/resources/golden");

    private static Map<String, Object> records() {
        Map<String, Object> records = new TreeMap<>();
        records.put("lease-request", new LeaseRequest(1, 2, 4, 4096, GpuKind.NONE, 0, 1024, 60, true));
        records.put("term-request", new TermRequest(120));
        records.put("usage-report", new UsageReport(2, 61, 3584, 30));
        records.put("lease-list", new LeaseList(42, List.of(queued(), starting())));
        records.put(
                "limits",
                new Limits(
                        4,
                        3072,
                        4,
                        240,
                        4096,
                        0,
                        256,
                        256,
                        5,
                        List.of(GpuKind.A),
                        30,
                        true,
                        Isolation.USER,
                        0,
                        960,
                        3));
        records.put(
                "members", new Members(7, List.of(new Members.Member(1, "alice", 5001, List.of("ssh-ed25519 AAAA")))));
        records.put("problem", new Problem(409, "this contradicts what is recorded", "ask again"));
        records.put("boot-line-worker", boot(GuestKind.WORKER, 2, 3, "w2-3", 1767229200L, KEY, null, null));
        records.put("boot-line-cvm", boot(GuestKind.CVM, null, null, "cvm", null, null, "10.77.0.1:8443", KEY));
        records.put("hello-cvm", new Hello(1, NONCE, KEY, "ssh-ed25519 AAAA", 1));
        records.put("hello-worker", new Hello(1, NONCE, KEY, null, 1));
        return records;
    }

    private static LeaseList.Lease queued() {
        return new LeaseList.Lease(1, LeaseState.QUEUED, ReasonCode.QUEUED_PRIORITY, null, 1767225600L, List.of());
    }

    private static LeaseList.Lease starting() {
        LeaseList.Worker ready = new LeaseList.Worker(1, WorkerState.READY, "10.77.1.16", KEY);
        LeaseList.Worker boots = new LeaseList.Worker(2, WorkerState.STARTING, null, null);
        return new LeaseList.Lease(
                2, LeaseState.STARTING, ReasonCode.BOOTING, 1767229200L, null, List.of(ready, boots));
    }

    private static BootLine boot(
            GuestKind kind,
            @Nullable Integer lease,
            @Nullable Integer worker,
            String name,
            @Nullable Long endsAt,
            @Nullable String cvm,
            @Nullable String address,
            @Nullable String broker) {
        long now = 1767225600000L;
        String range = "10.77.1.0/24";
        String own = kind == GuestKind.CVM ? "10.77.1.10" : "10.77.1.16";
        return new BootLine(1, kind, NONCE, now, 1, lease, worker, name, own, 16, range, endsAt, cvm, address, broker);
    }

    @TestFactory
    List<DynamicTest> every_record_is_written_and_read_as_its_golden_file_says() {
        return records().entrySet().stream()
                .map(entry -> DynamicTest.dynamicTest(entry.getKey(), () -> {
                    String golden = Files.readString(FOLDER.resolve(entry.getKey() + ".json"))
                            .strip();
                    assertThat(MAPPER.readTree(MAPPER.writeValueAsString(entry.getValue())))
                            .isEqualTo(MAPPER.readTree(golden));
                    Object read = MAPPER.readValue(golden, entry.getValue().getClass());
                    assertThat(read).isEqualTo(entry.getValue());
                }))
                .toList();
    }

    @Test
    void every_golden_file_belongs_to_a_record_and_the_other_way_round() throws IOException {
        try (Stream<Path> files = Files.list(FOLDER)) {
            assertThat(files.map(file -> file.getFileName().toString().replace(".json", ""))
                            .collect(Collectors.toSet()))
                    .isEqualTo(records().keySet());
        }
    }
}
