package cloister.backend.exactlyonce;

import cloister.backend.brokerport.Caller;
import cloister.backend.testing.Eventually;
import cloister.slurm.testing.GlobalSlurm;
import cloister.slurm.testing.SlurmLine;
import cloister.vpn.identity.MachineKey;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.ServerSocket;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** A real Slurm, the backend as a process that can be killed, and a project whose CVM is the test. */
final class Site {
    private static final JsonMapper MAPPER = JsonMapper.builder().build();

    /** Of a project's live leases together; the hosts have 32 cores. */
    static final int MOST_WORKERS = 16;

    private final Path folder;
    private final String policy;
    private final MachineKey own = MachineKey.generate();
    private final int port;
    final GlobalSlurm slurm;
    private @Nullable Process backend;
    private @Nullable Caller broker;

    /** The line of Slurm that the demonstration's site runs; what was given is charged. */
    Site(Path folder) throws IOException, InterruptedException {
        this(folder, SlurmLine.SLURM_24_11, "allocated");
    }

    /** Starts it; what is charged is {@code allocated} or {@code used}. */
    Site(Path folder, SlurmLine line, String policy) throws IOException, InterruptedException {
        this.folder = folder;
        this.policy = policy;
        Files.createDirectories(machines());
        Files.writeString(machines().resolve("cvm.key"), own.spki().base64());
        try (ServerSocket free = new ServerSocket(0)) {
            port = free.getLocalPort();
        }
        slurm = GlobalSlurm.start(line, Path.of("../../lua-plugins/global"), folder.resolve("gate"));
        slurm.writeToken("cloister", folder.resolve("token"));
        slurm.run("sacctmgr", "-iQ", "add", "account", "cloister", "Description=cloister", "Organization=cloister");
        slurm.run("sacctmgr", "-iQ", "modify", "user", "cloister", "set", "AdminLevel=Operator");
        startBackend();
        ask("host.add", "{\"name\":\"vmh1\",\"service\":true}");
        ask("host.add", "{\"name\":\"vmh2\",\"service\":false}");
        ask(
                "project.create",
                "{\"spread\":true,\"idleSeconds\":30,\"isolation\":\"PROJECT\",\"warmWorkers\":0,\"dayCpuMin\":0}");
        ask(
                "member.add",
                "{\"project\":1,\"login\":\"alice\",\"uid\":5001,\"keys\":[\"ssh-ed25519"
                        + " AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f\"]}");
        ask("cvm.start", "{\"project\":1,\"host\":null}");
        Eventually.holds("the backend has made the project's account", this::booked);
    }

    private boolean booked() {
        try {
            String account = slurm.run("sacctmgr", "-nP", "show", "assoc", "where", "account=p1", "user=cloister");
            return !account.isBlank();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    private Path machines() {
        return folder.resolve("machines");
    }

    void startBackend() throws IOException {
        Process started = new ProcessBuilder(command())
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(
                        folder.resolve("backend.log").toFile()))
                .start();
        backend = started;
        Eventually.holds("the backend answers", () -> {
            if (!started.isAlive()) {
                throw new AssertionError("the backend ended: see " + folder.resolve("backend.log"));
            }
            return answers();
        });
        if (broker != null) {
            broker.close();
        }
        broker = new Caller(own, MachineKey.load(folder.resolve("broker.pem")).spki(), port);
    }

    private List<String> command() {
        List<String> command = new ArrayList<>(List.of(
                ProcessHandle.current().info().command().orElseThrow(),
                "--enable-native-access=ALL-UNNAMED",
                "-XX:TieredStopAtLevel=1",
                "-cp",
                System.getProperty("java.class.path"),
                StandInBackend.class.getName(),
                machines().toString()));
        settings().forEach(setting -> command.add("--cloister." + setting));
        command.add("--management.server.port=0");
        return command;
    }

    private List<String> settings() {
        return List.of(
                "database.data-folder=" + folder.resolve("database"),
                "socket=" + folder.resolve("backend.sock"),
                "broker.address=127.0.0.1",
                "broker.port=" + port,
                "broker.key-file=" + folder.resolve("broker.pem"),
                "slurm.url=" + slurm.url(),
                "slurm.user=cloister",
                "slurm.token-file=" + folder.resolve("token"),
                "slurm.partition=batch",
                "slurm.gate-folder=" + folder.resolve("gate"),
                "machine.domain-type=qemu",
                "machine.pki=" + folder.resolve("pki"),
                "limits.max-cpus=4",
                "limits.max-mem-mib=4096",
                "limits.max-workers=" + MOST_WORKERS,
                "limits.max-term-min=240",
                "limits.max-scratch-mib=4096",
                "lease.pass=200ms",
                "lease.quarantine=1s",
                "lease.backoff=1s",
                "ledger.policy=" + policy,
                "ledger.associations=500ms",
                "ledger.sample=1s",
                "ledger.settle=1s");
    }

    private boolean answers() {
        try {
            ask("host.list", "{}");
            return true;
        } catch (UncheckedIOException e) {
            return false;
        }
    }

    /** The answer's result; waits where the command shows progress. */
    JsonNode ask(String verb, String args) {
        try (SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX)) {
            channel.connect(UnixDomainSocketAddress.of(folder.resolve("backend.sock")));
            channel.write(ByteBuffer.wrap(
                    ("{\"v\":1,\"verb\":\"" + verb + "\",\"args\":" + args + "}\n").getBytes(StandardCharsets.UTF_8)));
            try (BufferedReader lines = new BufferedReader(Channels.newReader(channel, StandardCharsets.UTF_8))) {
                String last = lines.lines().reduce((_, line) -> line).orElseThrow(() -> new IOException("no answer"));
                JsonNode answer = MAPPER.readTree(last);
                if (!answer.path("ok").asBoolean(false)) {
                    throw new AssertionError(verb + ": " + last);
                }
                return answer.path("result");
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Tells the broker until it answers; 2xx is a yes. */
    void tell(String method, String path, String body) {
        Eventually.holds(method + " " + path, () -> told(method, path, body));
    }

    /** Tells the broker once; a project that asks too often is told so. */
    boolean told(String method, String path, String body) {
        try {
            HttpResponse<String> answer = caller().send(method, path, body);
            return answer.statusCode() / 100 == 2;
        } catch (IOException e) {
            return false;
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    private Caller caller() {
        if (broker == null) {
            throw new IllegalStateException("the backend is not up");
        }
        return broker;
    }

    JsonNode lease(int number) {
        for (JsonNode lease : ask("lease.list", "{\"project\":1}").path("leases")) {
            if (lease.path("lease").asInt() == number) {
                return lease;
            }
        }
        throw new AssertionError("there is no lease " + number);
    }

    /** The host of a lease's machines does not end them, or does again. */
    void hang(int lease, boolean hangs) throws IOException {
        Path file = StandInMachines.hangs(machines(), lease);
        if (hangs) {
            Files.createFile(file);
        } else {
            Files.delete(file);
        }
    }

    /** From now on the backend stops at that call. */
    void stopAt(String point) throws IOException {
        Path file = machines().resolve("stop-at.tmp");
        Files.writeString(file, point);
        Files.move(file, machines().resolve("stop-at"), java.nio.file.StandardCopyOption.ATOMIC_MOVE);
    }

    boolean stopped() {
        return Files.exists(machines().resolve("stopped"));
    }

    void goOn() throws IOException {
        Files.deleteIfExists(machines().resolve("stop-at"));
        Files.deleteIfExists(machines().resolve("stopped"));
    }

    void kill(Victim victim) throws IOException, InterruptedException {
        switch (victim) {
            case BACKEND -> {
                Process process = java.util.Objects.requireNonNull(backend);
                process.destroyForcibly();
                if (!process.waitFor(30, TimeUnit.SECONDS)) {
                    throw new AssertionError("the backend survived a SIGKILL");
                }
                goOn();
                startBackend();
            }
            case SLURMCTLD, SLURMDBD -> {
                String daemon = victim.daemon();
                killInContainer(daemon);
                goOn();
                slurm.run(daemon);
            }
            // Its supervisor brings it back.
            case SLURMRESTD -> {
                killInContainer(victim.daemon());
                goOn();
            }
        }
    }

    private void killInContainer(String daemon) throws IOException, InterruptedException {
        String found = slurm.run(
                "bash",
                "-c",
                "for p in /proc/[0-9]*; do [ \"$(cat $p/comm 2>/dev/null)\" = " + daemon
                        + " ] && kill -KILL ${p#/proc/} && echo killed; done; exit 0");
        if (!found.contains("killed")) {
            throw new AssertionError("there was no " + daemon + " to kill");
        }
    }

    List<String> workers() {
        return StandInMachines.alive(machines()).stream()
                .filter(name -> !name.endsWith("-cvm"))
                .toList();
    }

    /** What a lease still asks at the gate. The answer to a job that slurmctld lost goes after an hour. */
    List<String> gate(int lease) throws IOException {
        try (Stream<Path> list = Files.list(folder.resolve("gate").resolve("asked"))) {
            return list.map(file -> file.getFileName().toString())
                    .filter(name -> name.startsWith("1." + lease + "."))
                    .toList();
        }
    }

    /**
     * The placeholders of a lease as slurmctld keeps them.
     *
     * @return {@code <job> <attempt> <state>} for each
     */
    List<String> placeholders(int lease) throws IOException, InterruptedException {
        return slurm.run("squeue", "-h", "-t", "all", "-o", "%i %k %T")
                .lines()
                .filter(line -> line.contains(" cloister:1:1:" + lease + ":"))
                .map(line -> line.replace("cloister:1:1:" + lease + ":", ""))
                .toList();
    }

    /** The records of a lease that slurmdbd has closed, in the same form. */
    List<String> records(int lease) throws IOException, InterruptedException {
        return slurm.run(
                        "sacct",
                        "-a",
                        "-D",
                        "-n",
                        "-P",
                        "-X",
                        "-S",
                        "now-1days",
                        "-o",
                        "jobid,comment,state,elapsedraw")
                .lines()
                .filter(line -> line.contains("|cloister:1:1:" + lease + ":"))
                .map(line -> line.replace("cloister:1:1:" + lease + ":", "").replace('|', ' '))
                .toList();
    }

    /** What may be killed. */
    enum Victim {
        BACKEND,
        SLURMCTLD,
        SLURMRESTD,
        SLURMDBD;

        String daemon() {
            return name().toLowerCase(java.util.Locale.ROOT);
        }
    }

    Optional<Path> log() {
        return Optional.of(folder.resolve("backend.log"));
    }

    /** Unix seconds by the clock of slurmctld's machine. */
    long now() {
        try {
            return Long.parseLong(slurm.run("date", "+%s").strip());
        } catch (IOException | InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    /** Puts Slurm's logs beside the backend's. */
    void keepLogs() throws IOException, InterruptedException {
        Files.writeString(
                folder.resolve("slurm.log"),
                slurm.run(
                        "bash",
                        "-c",
                        "tail -n 300 /var/log/slurm/slurmctld.log; scontrol show job; squeue; sinfo; ps ax"));
    }

    /** Ends everything that it started. */
    void close() throws IOException, InterruptedException {
        if (broker != null) {
            broker.close();
        }
        if (backend != null) {
            backend.destroy();
            backend.waitFor(30, TimeUnit.SECONDS);
            backend.destroyForcibly();
        }
        for (String name : StandInMachines.alive(machines())) {
            StandInMachines.end(machines(), name);
        }
        slurm.close();
    }
}
