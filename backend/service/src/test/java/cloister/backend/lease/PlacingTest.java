package cloister.backend.lease;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import cloister.backend.host.Fit;
import cloister.backend.host.HostMaps;
import cloister.backend.host.Placement;
import cloister.backend.host.Want;
import cloister.backend.host.testing.FakeHostMaps;
import cloister.backend.lease.testing.FakeSlurm;
import cloister.backend.machine.MachineSettings;
import cloister.bridge.Allocated;
import cloister.bridge.Allocation;
import cloister.bridge.Gpus;
import cloister.bridge.Mark;
import cloister.bridge.PlaceholderRequest;
import cloister.bridge.Placeholders;
import cloister.bridge.Submission;
import cloister.broker.GpuKind;
import cloister.broker.LeaseRequest;
import cloister.broker.ReasonCode;
import cloister.isolation.Ipv4;
import cloister.vpn.identity.MachineKey;
import java.lang.reflect.Proxy;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

class PlacingTest {
    private static final Instant NOW = Instant.parse("2026-01-02T03:04:05Z");
    private static final Mark MARK = new Mark(1, 2, 1);
    private static final Placement PLACEMENT =
            new Placement(List.of(new TreeSet<>(List.of(5))), new TreeSet<>(List.of(5)), List.of(), 0, List.of());
    private static final LimitsConfig LIMITS = new LimitsConfig(4, 4096, 8, 240, 4096, 4, List.of(GpuKind.A));

    private final FakeSlurm slurm = new FakeSlurm();
    private final FakeHostMaps maps =
            new FakeHostMaps(Map.of("vmh1", new Fit.Fits(PLACEMENT), "vmh2", new Fit.Refused("as the test wants it")));

    static Placing placing(Placeholders placeholders, HostMaps maps, LimitsConfig limits) {
        return placing(placeholders, maps, limits, Map.of());
    }

    private static Placing placing(
            Placeholders placeholders, HostMaps maps, LimitsConfig limits, Map<GpuKind, String> types) {
        SlurmConfig slurm = new SlurmConfig(
                URI.create("http://localhost"),
                "cloister",
                Path.of("/t"),
                "batch",
                Path.of("/g"),
                Duration.ofSeconds(1),
                types,
                SlurmConfig.Driver.PROCESS);
        MachineSettings settings = new MachineSettings(
                MachineSettings.DomainType.QEMU,
                Path.of("/i"),
                Path.of("/v"),
                Path.of("/p"),
                Path.of("/c"),
                "vmbr0",
                "10.77.0.0/16",
                24,
                Duration.ofSeconds(1),
                Duration.ofSeconds(1),
                10,
                256,
                1,
                1024,
                1024);
        return new Placing(placeholders, maps, settings, slurm, limits);
    }

    private static LeaseRecord lease(int workers, int gpus) {
        LeaseRequest wish =
                new LeaseRequest(1, workers, 4, 1024, gpus == 0 ? GpuKind.NONE : GpuKind.A, gpus, 0, 60, false);
        return new LeaseRecord(
                new LeaseId(1, 2),
                wish,
                60,
                false,
                MachineKey.generate().spki(),
                new Lease.Recorded(1, NOW, ReasonCode.RELEASED));
    }

    private static Hold hold(long job) {
        return new Hold(1, job, NOW, 0, "vmh[1-3]", NOW.plusSeconds(3600), Duration.ofHours(1));
    }

    private static Seat.Booting seat(int k, String host) {
        return new Seat.Booting(k, host, Ipv4.parse("10.77.1.17"));
    }

    private static Allocation host(String name, int cpus) {
        return new Allocation(name, cpus, 1 << 20, true, List.of(), Map.of());
    }

    private long submitted() {
        PlaceholderRequest request = new PlaceholderRequest(MARK, "p1", "m1", 7, 4, 1280, Duration.ofHours(1), false);
        return ((Submission.Placed) slurm.submit(request)).job();
    }

    @Test
    void a_worker_on_a_host_without_a_map_has_no_place_and_slurm_is_not_asked() {
        slurm.mute(true);
        assertThat(placing(slurm, maps, LIMITS).place(lease(1, 0), hold(1), seat(1, "vmh3")))
                .isEqualTo(new Placing.Place.At(Optional.empty()));
        assertThat(placing(slurm, maps, LIMITS).place(lease(1, 1), hold(1), seat(1, "vmh3")))
                .as("which device would be anybody's guess")
                .isInstanceOf(Placing.Place.Refused.class);
    }

    @Test
    void workers_are_counted_through_the_hosts_in_slurms_order() {
        long job = submitted();
        slurm.give(job, List.of(host("vmh3", 8), host("vmh1", 12), host("vmh2", 8)));
        Placing placing = placing(slurm, maps, LIMITS);
        for (int k = 3; k <= 5; k++) {
            assertThat(placing.place(lease(7, 2), hold(job), seat(k, "vmh1")))
                    .isEqualTo(new Placing.Place.At(Optional.of(PLACEMENT)));
        }
        assertThat(maps.wants)
                .containsExactly(
                        new Want(3, 0, 4, 1024, 256, 2),
                        new Want(3, 1, 4, 1024, 256, 2),
                        new Want(3, 2, 4, 1024, 256, 2));
        assertThat(placing.place(lease(7, 0), hold(job), seat(6, "vmh2")))
                .isEqualTo(new Placing.Place.Refused("as the test wants it"));
        for (Seat.Booting wrong : List.of(seat(2, "vmh1"), seat(6, "vmh1"), seat(8, "vmh2"))) {
            assertThat(placing.place(lease(7, 0), hold(job), wrong)).isInstanceOf(Placing.Place.Refused.class);
        }
    }

    @Test
    void without_an_answer_nothing_is_started_and_slurm_is_asked_again() {
        long job = submitted();
        Placing placing = placing(slurm, maps, LIMITS);
        slurm.mute(true);
        assertThat(placing.place(lease(1, 0), hold(job), seat(1, "vmh1"))).isEqualTo(new Placing.Place.Unknown("mute"));
        slurm.mute(false);
        slurm.give(job, List.of(host("vmh1", 4)));
        assertThat(placing.place(lease(1, 0), hold(job + 1), seat(1, "vmh1")))
                .isInstanceOf(Placing.Place.Unknown.class);
        assertThat(placing.place(lease(1, 0), hold(job), seat(1, "vmh1"))).isInstanceOf(Placing.Place.At.class);
        slurm.mute(true);
        assertThat(placing.place(lease(1, 0), hold(job), seat(1, "vmh1")))
                .as("the answer stands")
                .isInstanceOf(Placing.Place.At.class);
        Hold again = new Hold(1, job, NOW, 1, "vmh1", NOW, Duration.ofHours(1));
        assertThat(placing.place(lease(1, 0), again, seat(1, "vmh1")))
                .as("a new start may have other cores")
                .isEqualTo(new Placing.Place.Unknown("mute"));
    }

    @Test
    void many_leases_do_not_fill_the_memory_and_an_error_is_not_kept() {
        Queue<Object> answers = new ArrayDeque<>();
        int[] asked = new int[1];
        Placeholders scripted = (Placeholders) Proxy.newProxyInstance(
                PlacingTest.class.getClassLoader(), new Class<?>[] {Placeholders.class}, (_, _, _) -> {
                    asked[0]++;
                    if (answers.isEmpty()) {
                        throw new IllegalArgumentException("broken");
                    }
                    return answers.remove();
                });
        Placing placing = placing(scripted, maps, LIMITS);
        assertThatIllegalStateException().isThrownBy(() -> placing.place(lease(1, 0), hold(1), seat(1, "vmh1")));
        for (int job = 1; job <= 200; job++) {
            answers.add(new Allocated.Seen(List.of(host("vmh1", 4))));
            assertThat(placing.place(lease(1, 0), hold(job), seat(1, "vmh1"))).isInstanceOf(Placing.Place.At.class);
        }
        assertThat(asked[0]).isEqualTo(201);
        answers.add(new Allocated.Seen(List.of(host("vmh1", 4))));
        placing.place(lease(1, 0), hold(1), seat(1, "vmh1"));
        assertThat(asked[0]).as("the first was forgotten").isEqualTo(202);
    }

    @Test
    void a_wish_for_gpus_becomes_the_sites_type() {
        Map<GpuKind, String> types = Map.of(GpuKind.A, "a100");
        assertThat(placing(slurm, maps, LIMITS, types).gpus(lease(1, 2).wish())).contains(new Gpus("a100", 2));
        assertThat(placing(slurm, maps, LIMITS, types).gpus(lease(1, 0).wish())).isEmpty();
        assertThat(placing(slurm, maps, LIMITS).gpus(lease(1, 2).wish())).contains(new Gpus("", 2));
        LimitsConfig two = new LimitsConfig(4, 4096, 8, 240, 4096, 4, List.of(GpuKind.A, GpuKind.B));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> placing(slurm, maps, two, types))
                .withMessageContaining("gpu-types");
    }
}
