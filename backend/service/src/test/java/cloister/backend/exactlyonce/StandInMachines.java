package cloister.backend.exactlyonce;

import cloister.backend.machine.LiveMachine;
import cloister.backend.machine.Machine;
import cloister.backend.machine.MachineEnding;
import cloister.backend.machine.MachineHeard;
import cloister.backend.machine.MachineId;
import cloister.backend.machine.MachineUsage;
import cloister.backend.machine.Machines;
import cloister.vpn.identity.MachineKey;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Properties;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;
import org.springframework.context.ApplicationEventPublisher;

/**
 * Machines that are small processes: each is a {@code sleep} that outlives the backend, described by a file. What is shown
 * with them is the backend's part and Slurm's; the domains are shown elsewhere.
 */
final class StandInMachines implements Machines {
    /** A guest needs a while: what slurmctld took is on its disk by then. */
    private static final Duration BOOT = Duration.ofSeconds(3);

    private static final String SSH =
            "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f";

    private final Path folder;
    private final ApplicationEventPublisher events;
    private final Set<String> speaking = ConcurrentHashMap.newKeySet();

    StandInMachines(Path folder, ApplicationEventPublisher events) {
        this.folder = folder;
        this.events = events;
    }

    /** The machines whose process lives, whoever asks. */
    static List<String> alive(Path folder) {
        try (Stream<Path> files = Files.list(folder)) {
            return files.map(file -> file.getFileName().toString())
                    .filter(name -> MachineId.ofDomain(name).isPresent())
                    .filter(name ->
                            read(folder, name).flatMap(StandInMachines::process).isPresent())
                    .sorted()
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Optional<ProcessHandle> process(Properties machine) {
        return ProcessHandle.of(Long.parseLong(machine.getProperty("pid"))).filter(ProcessHandle::isAlive);
    }

    private static Optional<Properties> read(Path folder, String name) {
        Properties properties = new Properties();
        try (var reader = Files.newBufferedReader(folder.resolve(name))) {
            properties.load(reader);
            return Optional.of(properties);
        } catch (java.nio.file.NoSuchFileException e) {
            return Optional.empty();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** While this file is there nobody hears from the hosts whether that lease's machines are ended. */
    static Path hangs(Path folder, int lease) {
        return folder.resolve("hangs-" + lease);
    }

    /** Ends one at once. */
    static void end(Path folder, String name) {
        read(folder, name).flatMap(StandInMachines::process).ifPresent(process -> {
            process.destroyForcibly();
            process.onExit().join();
        });
    }

    private Optional<Properties> living(String name) {
        return read(folder, name).filter(machine -> process(machine).isPresent());
    }

    @Override
    public synchronized Start start(Machine machine) {
        String name = machine.id().domainName();
        try {
            if (living(name).isEmpty()) {
                write(machine, name);
            }
        } catch (IOException e) {
            return new Start.Unknown(e.toString());
        }
        if (speaking.add(name)) {
            Thread.ofVirtual().start(() -> speak(machine.id()));
        }
        return new Start.Started();
    }

    private void write(Machine machine, String name) throws IOException {
        Properties properties = new Properties();
        properties.setProperty("host", machine.host());
        if (machine instanceof Machine.Worker worker) {
            properties.setProperty("attempt", Integer.toString(worker.attempt()));
            properties.setProperty("job", Long.toString(worker.job()));
            properties.setProperty(
                    "submitted",
                    worker.submitted().truncatedTo(ChronoUnit.SECONDS).toString());
            properties.setProperty(
                    "endsAt", worker.endsAt().truncatedTo(ChronoUnit.SECONDS).toString());
            properties.setProperty("key", MachineKey.generate().spki().base64());
        } else {
            properties.setProperty("key", Files.readString(folder.resolve("cvm.key")));
        }
        Process process = new ProcessBuilder("setsid", "sleep", "3600").start();
        properties.setProperty("pid", Long.toString(process.pid()));
        store(properties, name);
    }

    private void store(Properties properties, String name) throws IOException {
        Path written = folder.resolve(name + ".tmp");
        try (var writer = Files.newBufferedWriter(written)) {
            properties.store(writer, null);
        }
        Files.move(written, folder.resolve(name), java.nio.file.StandardCopyOption.REPLACE_EXISTING);
    }

    private void speak(MachineId id) {
        try {
            Thread.sleep(BOOT);
        } catch (InterruptedException e) {
            return;
        }
        speaking.remove(id.domainName());
        living(id.domainName())
                .ifPresent(machine -> events.publishEvent(
                        new MachineHeard(id, machine.getProperty("key"), id.isCvm() ? SSH : null, 1)));
    }

    @Override
    public synchronized Stop destroy(String host, MachineId id) {
        String name = id.domainName();
        if (!id.isCvm() && Files.exists(hangs(folder, id.lease()))) {
            return new Stop.Unknown("the host does not answer");
        }
        try {
            Optional<Properties> machine = living(name).filter(one -> host.equals(one.getProperty("host")));
            if (machine.isPresent()) {
                usage(id, machine.get()).ifPresent(usage -> events.publishEvent(new MachineEnding(usage)));
                ProcessHandle process = process(machine.get()).orElseThrow();
                process.destroyForcibly();
                process.onExit().join();
                Files.delete(folder.resolve(name));
            }
            return new Stop.Gone();
        } catch (IOException e) {
            return new Stop.Unknown(e.toString());
        }
    }

    @Override
    public synchronized Stop stop(String host, MachineId id) {
        return destroy(host, id);
    }

    private Change change(String host, MachineId id, Use use) {
        Optional<Properties> machine = living(id.domainName()).filter(one -> host.equals(one.getProperty("host")));
        try {
            if (machine.isPresent()) {
                use.of(machine.get());
            }
            return machine.isPresent() ? new Change.Done() : new Change.Gone();
        } catch (IOException e) {
            return new Change.Unknown(e.toString());
        }
    }

    private interface Use {
        void of(Properties machine) throws IOException;
    }

    @Override
    public synchronized Change moveEnd(String host, MachineId id, Instant endsAt) {
        return change(host, id, machine -> {
            machine.setProperty("endsAt", endsAt.toString());
            store(machine, id.domainName());
        });
    }

    @Override
    public synchronized Change pause(String host, MachineId id) {
        return change(host, id, machine -> signal("-STOP", machine));
    }

    @Override
    public synchronized Change resume(String host, MachineId id) {
        return change(host, id, machine -> signal("-CONT", machine));
    }

    private static void signal(String signal, Properties machine) throws IOException {
        new ProcessBuilder("kill", signal, machine.getProperty("pid"))
                .start()
                .onExit()
                .join();
    }

    @Override
    public synchronized Survey survey(String host) {
        List<LiveMachine> machines = new ArrayList<>();
        for (String name : alive(folder)) {
            Properties machine = read(folder, name).orElseThrow();
            MachineId id = MachineId.ofDomain(name).orElseThrow();
            if (host.equals(machine.getProperty("host"))) {
                machines.add(id.isCvm() ? new LiveMachine.Cvm(id, host) : worker(id, host, machine));
            }
        }
        return new Survey.Seen(machines);
    }

    @Override
    public synchronized Measurement measure(String host) {
        return new Measurement.Seen(alive(folder).stream()
                .flatMap(name -> living(name).stream()
                        .filter(machine -> host.equals(machine.getProperty("host")))
                        .flatMap(machine -> usage(MachineId.ofDomain(name).orElseThrow(), machine).stream()))
                .toList());
    }

    /** As if it had kept one core busy since its placeholder was submitted, in 100 MiB. */
    private static Optional<MachineUsage> usage(MachineId id, Properties machine) {
        if (id.isCvm()) {
            return Optional.empty();
        }
        Instant submitted = Instant.parse(machine.getProperty("submitted"));
        return Optional.of(new MachineUsage(
                id,
                Integer.parseInt(machine.getProperty("attempt")),
                Long.parseLong(machine.getProperty("job")),
                submitted,
                Math.max(0, Duration.between(submitted, Instant.now()).toNanos()),
                100 * 1024));
    }

    private static LiveMachine worker(MachineId id, String host, Properties machine) {
        return new LiveMachine.Worker(
                id,
                host,
                Integer.parseInt(machine.getProperty("attempt")),
                Long.parseLong(machine.getProperty("job")),
                Instant.parse(machine.getProperty("submitted")),
                Instant.parse(machine.getProperty("endsAt")));
    }
}
