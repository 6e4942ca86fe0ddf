package cloister.backend.machine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import cloister.backend.machine.Machines.Change;
import cloister.backend.machine.Machines.Measurement;
import cloister.backend.machine.Machines.Start;
import cloister.backend.machine.Machines.Stop;
import cloister.backend.machine.Machines.Survey;
import cloister.isolation.Endpoint;
import cloister.isolation.Ipv4;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** The room against a real libvirtd over TLS, with the site's hook, and real guests under QEMU. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class LibvirtIT {
    /** A guest boots in about 5 s of a free processor under emulation. */
    private static final Duration BOOT = Duration.ofMinutes(3);

    private static final Duration LIMIT = Duration.ofSeconds(20);
    private static final Duration SHORT_LIMIT = Duration.ofSeconds(2);

    private final BlockingQueue<Object> events = new LinkedBlockingQueue<>();
    private final List<HostedMachines> backends = new ArrayList<>();

    @SuppressWarnings("NullAway.Init")
    private VmHost host;

    @SuppressWarnings("NullAway.Init")
    private HostedMachines machines;

    @BeforeAll
    void startHost(@TempDir Path keys) throws Exception {
        host = VmHost.start(keys);
    }

    @AfterAll
    void stopHost() throws Exception {
        host.remove();
    }

    @BeforeEach
    void startBackend() {
        machines = backend("client", LIMIT);
    }

    @AfterEach
    void stopBackends() {
        backends.forEach(HostedMachines::close);
        backends.clear();
        events.clear();
    }

    private HostedMachines backend(String client, Duration limit) {
        HostedMachines backend = HostedBackend.start(host.keys(client), limit, events::add);
        backends.add(backend);
        return backend;
    }

    private Machine.Worker worker(int project, int worker) {
        Instant now = Instant.now().truncatedTo(ChronoUnit.SECONDS);
        return new Machine.Worker(
                new MachineId(project, 1, worker),
                host.address(),
                Ipv4.parse("10.77." + project + "." + (15 + worker)),
                1,
                4711,
                now,
                1,
                256,
                64,
                now.plusSeconds(3600),
                Samples.KEY);
    }

    @Test
    void the_end_of_a_living_machine_moves_and_its_processors_stop_and_go_on() throws Exception {
        Machine.Worker worker = worker(9, 1);
        assertThat(machines.moveEnd(host.address(), worker.id(), worker.endsAt()))
                .isEqualTo(new Change.Gone());
        assertThat(machines.start(worker)).isEqualTo(new Start.Started());
        String virsh = "virsh -q -c qemu:///system ";
        String mark = virsh + "metadata " + worker.id() + " urn:cloister:domain:1";
        String before = host.in(mark);
        Instant later = worker.endsAt().plusSeconds(600);

        assertThat(machines.moveEnd(host.address(), worker.id(), later)).isEqualTo(new Change.Done());
        assertThat(host.in(mark).replace('\'', '"'))
                .as("everything else stays, the rules above all")
                .isEqualTo(before.replace('\'', '"')
                        .replace(
                                "endsAt=\"" + worker.endsAt().getEpochSecond() + "\"",
                                "endsAt=\"" + later.getEpochSecond() + "\""));
        assertThat(machines.survey(host.address()))
                .isInstanceOfSatisfying(
                        Survey.Seen.class,
                        seen -> assertThat(seen.machines())
                                .singleElement()
                                .isEqualTo(new LiveMachine.Worker(
                                        worker.id(), host.address(), 1, 4711, worker.submitted(), later)));

        for (int twice = 0; twice < 2; twice++) {
            assertThat(machines.pause(host.address(), worker.id())).isEqualTo(new Change.Done());
            assertThat(host.in(virsh + "domstate " + worker.id())).startsWith("paused");
        }
        for (int twice = 0; twice < 2; twice++) {
            assertThat(machines.resume(host.address(), worker.id())).isEqualTo(new Change.Done());
            assertThat(host.in(virsh + "domstate " + worker.id())).startsWith("running");
        }
        assertThat(machines.destroy(host.address(), worker.id())).isEqualTo(new Stop.Gone());
    }

    @Test
    void a_machine_lives_from_its_start_over_its_hello_and_a_restart_of_the_backend_to_its_end() throws Exception {
        Machine.Worker worker = worker(1, 1);
        assertThat(machines.start(worker)).isEqualTo(new Start.Started());
        assertThat(next(MachineHeard.class)).isEqualTo(new MachineHeard(worker.id(), Samples.KEY, null, 3));
        assertThat(machines.survey(host.address()))
                .isEqualTo(new Survey.Seen(List.of(new LiveMachine.Worker(
                        worker.id(), host.address(), 1, 4711, worker.submitted(), worker.endsAt()))));
        assertThat(host.in("stat -c '%s %b' /var/lib/cloister/volumes/" + worker.id()))
                .isEqualTo(64 * 1024 * 1024 + " 0\n");
        assertThat(host.in("nft list chain bridge cloister forward; nft list set bridge cloister guarded"))
                .contains("c4d0110");

        machines.close();
        machines = backend("client", LIMIT);
        assertThat(machines.start(worker)).isEqualTo(new Start.Started());
        assertThat(next(MachineHeard.class)).isEqualTo(new MachineHeard(worker.id(), Samples.KEY, null, 3));

        assertThat(machines.destroy(host.address(), worker.id())).isEqualTo(new Stop.Gone());
        assertThat(next(MachineGone.class)).isEqualTo(new MachineGone(worker.id()));
        assertThat(machines.destroy(host.address(), worker.id())).isEqualTo(new Stop.Gone());
        assertThat(machines.survey(host.address())).isEqualTo(new Survey.Seen(List.of()));
        assertThat(host.in(
                        "ls /var/lib/cloister/volumes; virsh -q -c qemu:///system list --all; pgrep -c qemu || true"))
                .isEqualToIgnoringWhitespace("0");
        assertThat(host.in("nft list set bridge cloister guarded")).doesNotContain("c4d0110");
    }

    @Test
    void what_a_machine_uses_is_what_virsh_shows_and_is_told_once_more_before_its_end() throws Exception {
        Machine.Worker worker = worker(6, 1);
        assertThat(machines.start(worker)).isEqualTo(new Start.Started());
        next(MachineHeard.class);
        // Else its memory grows between two looks.
        assertThat(machines.pause(host.address(), worker.id())).isEqualTo(new Change.Done());
        long cpuBefore = stat(worker, "cpu.time");
        long resident = stat(worker, "balloon.rss");
        assertThat(machines.measure(host.address())).isInstanceOf(Measurement.Seen.class);
        List<MachineUsage> seen = ((Measurement.Seen) machines.measure(host.address())).usages();
        assertThat(seen).hasSize(1);
        MachineUsage usage = seen.getFirst();
        assertThat(usage)
                .isEqualTo(new MachineUsage(worker.id(), 1, 4711, worker.submitted(), usage.cpuNanos(), resident));
        assertThat(usage.cpuNanos()).isBetween(cpuBefore, stat(worker, "cpu.time"));
        assertThat(cpuBefore).as("nanoseconds that the boot took").isGreaterThan(500_000_000);
        assertThat(resident).as("KiB of a guest of 256 MiB").isBetween(32L * 1024, 1024L * 1024);
        assertThat(machines.destroy(host.address(), worker.id())).isEqualTo(new Stop.Gone());
        MachineUsage last = next(MachineEnding.class).usage();
        assertThat(last.id()).isEqualTo(worker.id());
        assertThat(last.cpuNanos()).isGreaterThanOrEqualTo(usage.cpuNanos());
        assertThat(machines.measure(host.address())).isEqualTo(new Measurement.Seen(List.of()));
    }

    private long stat(Machine.Worker worker, String name) throws Exception {
        return host.in("virsh -q -c qemu:///system domstats --cpu-total --balloon " + worker.id())
                .lines()
                .map(String::strip)
                .filter(line -> line.startsWith(name + "="))
                .mapToLong(line -> Long.parseLong(line.substring(name.length() + 1)))
                .findFirst()
                .orElseThrow();
    }

    @Test
    void a_machine_that_shows_another_key_is_ended() throws Exception {
        Machine.Worker liar = worker(9, 1);
        assertThat(machines.start(liar)).isEqualTo(new Start.Started());
        assertThat(next(MachineHeard.class)).isEqualTo(new MachineHeard(liar.id(), Samples.KEY, null, 3));
        assertThat(next(MachineAlarm.class)).isEqualTo(new MachineAlarm(liar.id(), "a second hello with another key"));
        assertThat(machines.survey(host.address())).isEqualTo(new Survey.Seen(List.of()));
    }

    @Test
    void a_domain_without_rules_does_not_start_and_leaves_nothing() throws Exception {
        Machine.Worker worker = worker(2, 1);
        String xml = DomainXml.of(worker, Endpoint.parse("10.77.0.1:8443"), Samples.settings());
        String shut = xml.replaceAll("(?s)<c:rules>.*</c:rules>", "<c:rules></c:rules>");
        try (LibvirtHypervisor hypervisor = new LibvirtHypervisor(
                host.address(), host.keys("client"), Samples.settings().volumes(), LIMIT, domain -> {})) {
            hypervisor.blankVolume(worker.id().domainName(), 64);
            assertThatThrownBy(() -> hypervisor.create(shut))
                    .isInstanceOf(Rejected.class)
                    .hasMessageContaining("cloister: there is no ruleset in the metadata");
            assertThat(hypervisor.find(worker.id().domainName())).isEmpty();
        }
        assertThat(machines.destroy(host.address(), worker.id())).isEqualTo(new Stop.Gone());
        assertThat(host.in("ls /var/lib/cloister/volumes")).isEmpty();
    }

    @Test
    void a_start_that_the_host_refuses_leaves_no_volume() throws Exception {
        host.in("mv /var/lib/cloister/images/worker.squashfs /var/lib/cloister/images/away");
        try {
            assertThat(machines.start(worker(3, 1))).isInstanceOf(Start.Refused.class);
        } finally {
            host.in("mv /var/lib/cloister/images/away /var/lib/cloister/images/worker.squashfs");
        }
        assertThat(host.in("ls /var/lib/cloister/volumes; virsh -q -c qemu:///system list --all"))
                .isBlank();
    }

    @Test
    void a_domain_that_is_not_ours_is_not_listed_and_not_touched() throws Exception {
        host.in("mv /etc/libvirt/hooks/qemu /etc/libvirt/hooks/away && pkill -x libvirtd;"
                + " while pgrep -x libvirtd >/dev/null; do sleep 0.1; done; libvirtd -d --listen");
        try {
            host.in("cat >/tmp/x.xml <<'X'\n"
                    + "<domain type='qemu'><name>cloister-p4-cvm</name><memory unit='MiB'>64</memory><os><type"
                    + " arch='x86_64' machine='q35'>hvm</type></os></domain>\nX\n"
                    + "virsh -q -c qemu:///system create /tmp/x.xml");
            assertThat(machines.survey(host.address())).isEqualTo(new Survey.Seen(List.of()));
            assertThat(machines.destroy(host.address(), MachineId.cvm(4))).isInstanceOf(Stop.Unknown.class);
            assertThat(host.in("virsh -q -c qemu:///system list --name")).contains("cloister-p4-cvm");
        } finally {
            host.in("virsh -q -c qemu:///system destroy cloister-p4-cvm;"
                    + " mv /etc/libvirt/hooks/away /etc/libvirt/hooks/qemu");
            restartLibvirtd();
        }
    }

    @Test
    void a_frozen_libvirtd_is_unknown_in_bounded_time_and_answers_again_when_it_thaws() throws Exception {
        HostedMachines hasty = backend("client", SHORT_LIMIT);
        Machine.Worker worker = worker(5, 1);
        assertThat(hasty.survey(host.address())).isInstanceOf(Survey.Seen.class);
        host.in("pkill -STOP -x libvirtd");
        try {
            long began = System.nanoTime();
            assertThat(hasty.survey(host.address())).isInstanceOf(Survey.Unreachable.class);
            assertThat(hasty.start(worker)).isInstanceOf(Start.Unknown.class);
            for (int i = 0; i < 50; i++) {
                assertThat(hasty.destroy(host.address(), worker.id())).isInstanceOf(Stop.Unknown.class);
            }
            assertThat(Duration.ofNanos(System.nanoTime() - began)).isLessThan(SHORT_LIMIT.multipliedBy(3));

            // A backend that starts now hangs in the handshake instead of in a call.
            HostedMachines late = backend("client", SHORT_LIMIT);
            began = System.nanoTime();
            assertThat(late.survey(host.address())).isInstanceOf(Survey.Unreachable.class);
            assertThat(late.survey(host.address())).isInstanceOf(Survey.Unreachable.class);
            assertThat(Duration.ofNanos(System.nanoTime() - began)).isLessThan(SHORT_LIMIT.multipliedBy(3));
        } finally {
            host.in("pkill -CONT -x libvirtd");
        }
        assertThat(seenAgain(hasty)).isEqualTo(new Survey.Seen(List.of()));
    }

    @Test
    void a_libvirtd_that_was_restarted_is_connected_to_anew() throws Exception {
        assertThat(machines.survey(host.address())).isInstanceOf(Survey.Seen.class);
        restartLibvirtd();
        assertThat(seenAgain(machines)).isEqualTo(new Survey.Seen(List.of()));
    }

    @Test
    void a_client_that_is_not_on_the_hosts_list_gets_nothing() {
        assertThat(backend("stranger", LIMIT).survey(host.address())).isInstanceOf(Survey.Unreachable.class);
    }

    private void restartLibvirtd() throws Exception {
        host.in("pkill -x libvirtd; while pgrep -x libvirtd >/dev/null; do sleep 0.1; done; libvirtd -d --listen;"
                + " until virsh -q -c qemu:///system version >/dev/null 2>&1; do sleep 0.1; done");
    }

    private Survey seenAgain(HostedMachines backend) throws InterruptedException {
        long until = System.nanoTime() + Duration.ofMinutes(1).toNanos();
        Survey survey = backend.survey(host.address());
        while (!(survey instanceof Survey.Seen) && System.nanoTime() < until) {
            Thread.sleep(Duration.ofMillis(100));
            survey = backend.survey(host.address());
        }
        return survey;
    }

    /** The next event of that kind; others in between are passed over. */
    private <T> T next(Class<T> kind) throws InterruptedException {
        long until = System.nanoTime() + BOOT.toNanos();
        while (true) {
            @Nullable Object event = events.poll(until - System.nanoTime(), TimeUnit.NANOSECONDS);
            if (event == null) {
                throw new AssertionError("no " + kind.getSimpleName() + " came");
            }
            if (kind.isInstance(event)) {
                return kind.cast(event);
            }
        }
    }
}
