package cloister.backend.machine;

import static org.assertj.core.api.Assertions.assertThat;

import cloister.backend.machine.Machines.Start;
import cloister.backend.testing.Eventually;
import cloister.isolation.Ipv4;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/**
 * No node is given to another job while a machine of ours lives on it. Real slurmctld and slurmd with our gate and Epilog, real
 * libvirtd with our hook, real QEMU; the backend that started the machines is dead.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class NodeKeptIT {
    private static final String VIRSH = "virsh -q -c qemu:///system ";
    private static final String GATE = "/var/spool/cloister/gate/";
    private static final Duration LIMIT = Duration.ofSeconds(20);

    @SuppressWarnings("NullAway.Init")
    private VmHost host;

    @BeforeAll
    void startHost(@TempDir Path keys) throws Exception {
        host = VmHost.start(keys);
        host.in("/slurm/up");
    }

    @AfterAll
    void stopHost() throws Exception {
        if (host != null) {
            host.remove();
        }
    }

    /** Lease 1 gets vmh1, whose Epilog can end a machine; lease 2 gets vmh2, whose Epilog cannot. */
    @Test
    void a_node_is_nobody_elses_until_our_machine_is_gone_or_the_node_is_drained() throws Exception {
        String heart = host.in("cd " + GATE + "answers; setsid bash -c 'while :; do date +%s > heartbeat.tmp;"
                        + " mv heartbeat.tmp heartbeat; sleep 5; done' > /dev/null 2>&1 & echo $!")
                .strip();
        long first;
        long second;
        try (HostedMachines machines = HostedBackend.start(host.keys("client"), LIMIT, _ -> {})) {
            first = placed(machines, 1, "vmh1");
            second = placed(machines, 2, "vmh2");
        }
        host.in("kill " + heart);
        for (int lease = 1; lease <= 2; lease++) {
            // Nothing in the guest hears the button; then QEMU itself does not heed TERM any more.
            host.in(VIRSH + "shutdown " + domain(lease));
            host.in("kill -STOP " + qemu(lease));
        }
        String theirs = sbatch("mallory", "-p open -w vmh1 -n 1 --wrap=true");
        String others = sbatch("mallory", "-p open -w vmh2 -n 1 --wrap=true");
        host.in("scancel " + first + " " + second);

        int kept = 0;
        List<String> looks = new ArrayList<>();
        Instant until = Instant.now().plus(Duration.ofMinutes(3));
        boolean over = false;
        while (!over && Instant.now().isBefore(until)) {
            // The jobs are looked at before the machines: one that ends in between is no excuse.
            String look = host.in(
                            "for j in " + theirs + " " + others + "; do squeue -h -t all -j $j -o %T; done; sinfo -h -N"
                                    + " -p open -o '%N %T'; echo 1:$(" + find(1) + ") 2:$(" + find(2) + ")")
                    .replaceAll("\\s+", " ")
                    .strip();
            looks.add(look);
            String[] words = look.split(" ", -1);
            assertThat(words[0].equals("PENDING") || look.contains("1: "))
                    .as("somebody else's job beside a machine of ours: " + look)
                    .isTrue();
            assertThat(words[1]).as(look).isEqualTo("PENDING");
            kept += look.contains("vmh1 completing") && !look.contains("1: ") ? 1 : 0;
            over = words[0].equals("COMPLETED") && look.contains("vmh2 drained");
        }
        assertThat(over).as(String.join("\n", looks)).isTrue();
        assertThat(kept).as("looks at a node that was kept").isPositive();
        assertThat(qemu(2)).as("nothing ended it").isNotBlank();
        assertThat(host.in("scontrol show node vmh2")).contains("Reason=cloister: 1 workers outlived job " + second);
        assertThat(host.in("cat /var/log/cloister/host.log"))
                .contains(
                        "job " + first + ": ", "outlived its placeholder", "is gone", "job " + second + ": 1 machines");

        // An administrator sees to the host.
        host.in(VIRSH + "destroy " + domain(2) + "; scontrol update nodename=vmh2 state=resume");
        Eventually.holds("the job for vmh2", () -> state(others).equals("COMPLETED"));
    }

    /** A placeholder that runs, with its machine; what the backend does. */
    private long placed(HostedMachines machines, int lease, String node) throws Exception {
        long job = Long.parseLong(sbatch(
                "cloister",
                "--export=NIL -J cloister -D / -p sealed -n 1 -c 4 --comment=cloister:1:1:" + lease
                        + ":1 < /tmp/placeholder"));
        String name = "1." + lease + ".1." + job + ".0";
        Eventually.holds(
                "what " + job + " asks",
                () -> said("cat " + GATE + "asked/" + name + " || :").equals("1 " + node));
        Instant now = Instant.now().truncatedTo(ChronoUnit.SECONDS);
        assertThat(machines.start(new Machine.Worker(
                        new MachineId(1, lease, 1),
                        host.address(),
                        Ipv4.parse("10.77.1." + (15 + lease)),
                        1,
                        job,
                        now,
                        1,
                        256,
                        64,
                        now.plusSeconds(3600),
                        Samples.KEY)))
                .isEqualTo(new Start.Started());
        host.in("cd " + GATE + "answers; echo '1 go ok " + node + "' > " + name + ".tmp; mv " + name + ".tmp " + name);
        Eventually.holds("placeholder " + job, () -> state(Long.toString(job)).equals("RUNNING"));
        return job;
    }

    private String sbatch(String user, String arguments) throws IOException, InterruptedException {
        return host.in("cd /; setpriv --reuid=" + user + " --regid=" + user
                        + " --init-groups env -i PATH=/usr/bin:/bin HOME=/"
                        + " sbatch --parsable -t 5 -A p7 --mem-per-cpu=100 -i /dev/null -o /dev/null -e /dev/null "
                        + arguments)
                .strip();
    }

    private String state(String job) {
        return said("squeue -h -t all -j " + job + " -o %T");
    }

    private String said(String line) {
        try {
            return host.in(line).strip();
        } catch (IOException e) {
            throw new AssertionError(e);
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    private static String domain(int lease) {
        return new MachineId(1, lease, 1).domainName();
    }

    /** A line of shell that prints the process id of a lease's QEMU. */
    private static String find(int lease) {
        return "pgrep -f '^[^ ]*[q]emu-system-[^ ]* -name guest=" + domain(lease) + "' || :";
    }

    private String qemu(int lease) throws IOException, InterruptedException {
        return host.in(find(lease)).strip();
    }
}
