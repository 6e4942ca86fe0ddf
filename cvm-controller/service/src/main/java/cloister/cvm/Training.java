package cloister.cvm;

import cloister.broker.GpuKind;
import cloister.broker.Isolation;
import cloister.broker.LeaseList;
import cloister.broker.LeaseRequest;
import cloister.broker.Limits;
import cloister.broker.Members;
import cloister.cvm.broker.BrokerClient;
import cloister.cvm.broker.Reply;
import cloister.cvm.broker.Wire;
import cloister.cvm.demand.Demand;
import cloister.cvm.demand.JobBook;
import cloister.cvm.demand.Policy;
import cloister.cvm.demand.Waiting;
import cloister.cvm.slurm.JobsReader;
import cloister.cvm.slurm.NodesReader;
import cloister.cvm.slurm.SlurmConf;
import cloister.guest.Command;
import cloister.guest.Commands;
import cloister.isolation.Endpoint;
import cloister.isolation.Ipv4;
import cloister.vpn.CertificateRequest;
import cloister.vpn.ProjectCa;
import cloister.vpn.identity.MachineKey;
import cloister.vpn.identity.Pem;
import cloister.vpn.identity.PinnedTls;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import javax.net.ssl.SSLServerSocket;
import javax.net.ssl.SSLSocket;

/**
 * What a start needs, run once without touching the machine: keys, certificates, TLS with itself, JSON, the local Slurm's
 * answers, a plan. A result that is not as it must be is an error, so that a cache is never made of a run that went wrong.
 */
final class Training {
    private static final String JOBS = """
            {"jobs": [{"job_id": 7, "user_id": 5001, "name": "x", "job_state": ["PENDING"], "state_reason": "Resources",
             "submit_time": {"set": true, "infinite": false, "number": 1000}, "restart_cnt": 0,
             "priority": {"set": true, "infinite": false, "number": 5}, "array_task_string": "1-3",
             "eligible_time": {"set": true, "infinite": false, "number": 1000},
             "cpus": {"set": true, "infinite": false, "number": 2}, "tasks": {"set": true, "infinite": false, "number": 2},
             "node_count": {"set": true, "infinite": false, "number": 2}, "shared": [],
             "memory_per_cpu": {"set": true, "infinite": false, "number": 100},
             "time_limit": {"set": true, "infinite": false, "number": 5}}], "errors": [], "warnings": []}
            """;
    private static final String NODES = """
            {"nodes": [{"name": "w1-1", "state": ["IDLE", "DYNAMIC_NORM"], "cpus": 2, "alloc_cpus": 0,
             "real_memory": 500, "alloc_memory": 0, "last_busy": {"set": true, "infinite": false, "number": 1000}}],
             "errors": []}
            """;
    private static final String LEASES = """
            {"revision": 3, "leases": [{"n": 1, "state": "RUNNING", "reason": "NONE", "endsAt": 2000000000,
             "workers": [{"k": 1, "state": "READY", "address": "10.77.1.16", "tlsSpki": "x"}]}]}
            """;
    private static final Duration LIMIT = Duration.ofSeconds(30);

    private Training() {}

    static void run() throws Exception {
        Path folder = Files.createTempDirectory("cloister-train");
        try {
            MachineKey key = keys(folder);
            exchange(key);
            plan();
            must(Commands.ofThisMachine().run(Command.of("true")) instanceof Commands.Outcome.Finished, "a command");
        } finally {
            try (var files = Files.list(folder)) {
                for (Path file : files.toList()) {
                    Files.delete(file);
                }
            }
            Files.delete(folder);
        }
        Log.say("trained");
    }

    private static MachineKey keys(Path folder) throws IOException {
        MachineKey key = MachineKey.generate();
        key.store(folder.resolve("machine.pem"));
        ProjectCa ca = ProjectCa.create(folder.resolve("ca.pem"), Instant.now());
        String name = "cvm.p1.cloister";
        var certificate =
                ca.sign(CertificateRequest.create(key, name), key.spki(), name, Duration.ofDays(1), Instant.now());
        must(Pem.of(certificate).startsWith("-----BEGIN"), "a certificate");
        return MachineKey.load(folder.resolve("machine.pem"));
    }

    /** A broker that gives the same answer to everything, on this machine's loopback. */
    private static void exchange(MachineKey key) throws IOException, InterruptedException {
        MachineKey other = MachineKey.generate();
        try (SSLServerSocket server = (SSLServerSocket) PinnedTls.context(other, key.spki()::equals)
                .getServerSocketFactory()
                .createServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            server.setNeedClientAuth(true);
            Thread.ofPlatform().daemon().start(() -> answer(server));
            BrokerClient client = new BrokerClient(
                    new Endpoint(Ipv4.parse("127.0.0.1"), server.getLocalPort()), key, other.spki(), LIMIT);
            must(client.leases(0, Duration.ZERO) instanceof Reply.Known<LeaseList>, "an answer over TLS");
        }
    }

    private static void answer(SSLServerSocket server) {
        byte[] body = LEASES.getBytes(StandardCharsets.UTF_8);
        try (SSLSocket socket = (SSLSocket) server.accept();
                OutputStream out = socket.getOutputStream()) {
            int read = socket.getInputStream().read(new byte[4096]);
            must(read > 0, "a request");
            out.write(
                    ("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: " + body.length + "\r\n\r\n")
                            .getBytes(StandardCharsets.US_ASCII));
            out.write(body);
        } catch (IOException e) {
            // The client reports that it had no answer.
            Log.say("the training's broker broke: " + e.getMessage());
        }
    }

    private static void plan() throws Exception {
        Limits limits = new Limits(
                4, 2048, 4, 480, 2048, 0, 256, 256, 5, List.of(GpuKind.NONE), 30, true, Isolation.PROJECT, 0, 0, 1);
        Policy policy = new Policy(limits, 5, 2, Duration.ofSeconds(5));
        must(
                SlurmConf.slurmConf(policy, new Members(1, List.of()), "10.99.0.1", 1)
                        .contains("10.99.0.1"),
                "a configuration");
        must(NodesReader.read(NODES.getBytes(StandardCharsets.UTF_8)).size() == 1, "a node");
        Instant now = Instant.ofEpochSecond(2000);
        List<Waiting> waiting = new JobBook()
                .waiting(JobsReader.read(JOBS.getBytes(StandardCharsets.UTF_8)), Map.of(5001L, 1), policy, now);
        LeaseRequest request =
                Demand.plan(waiting, List.of(), policy, now).asks().getFirst().request();
        Wire wire = new Wire();
        must(wire.read(wire.write(request), LeaseRequest.class).equals(request), "a request");
        String members =
                "{\"epoch\": 1, \"members\": [{\"member\": 1, \"login\": \"a\", \"uid\": 5001, \"sshKeys\": []}]}";
        must(wire.read(members.getBytes(StandardCharsets.UTF_8), Members.class).epoch() == 1, "members");
    }

    private static void must(boolean holds, String what) {
        if (!holds) {
            throw new IllegalStateException("the training did not come to " + what);
        }
    }
}
