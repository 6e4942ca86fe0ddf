package cloister.backend.machine.testing;

import cloister.backend.machine.LiveMachine;
import cloister.backend.machine.Machine;
import cloister.backend.machine.MachineEnding;
import cloister.backend.machine.MachineId;
import cloister.backend.machine.MachineUsage;
import cloister.backend.machine.Machines;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Consumer;

/**
 * VM hosts in memory. Machines live until they are destroyed or {@link #die}; a host that is {@link #freeze frozen}
 * answers nothing and carries nothing out; the test publishes hellos itself.
 */
public final class FakeMachines implements Machines {
    private final Map<String, Machine> live = new TreeMap<>();
    private final Set<String> frozen = new HashSet<>();
    private final Set<String> full = new HashSet<>();
    private final Set<String> drives = new HashSet<>();
    private final List<String> calls = new ArrayList<>();
    private final Map<MachineId, Long> cpuNanos = new HashMap<>();

    /** Told before a worker is ended. */
    public Consumer<MachineEnding> ending = _ -> {};

    @Override
    public synchronized Start start(Machine machine) {
        calls.add("start " + machine.id() + " on " + machine.host());
        if (frozen.contains(machine.host())) {
            return new Start.Unknown("no answer from " + machine.host());
        }
        Machine there = live.get(machine.id().domainName());
        if (there != null && there.host().equals(machine.host())) {
            return new Start.Started();
        }
        if (machine instanceof Machine.Cvm cvm && cvm.keptDrive() && !drives.contains(machine.host() + machine.id())) {
            return new Start.Refused("no drive of " + machine.id() + " on " + machine.host());
        }
        if (full.contains(machine.host())) {
            return new Start.Refused("no memory on " + machine.host());
        }
        live.put(machine.id().domainName(), machine);
        drives.add(machine.host() + machine.id());
        return new Start.Started();
    }

    @Override
    public synchronized Stop destroy(String host, MachineId id) {
        Stop stop = end("destroy", host, id);
        if (stop instanceof Stop.Gone) {
            drives.remove(host + id);
        }
        return stop;
    }

    @Override
    public synchronized Stop stop(String host, MachineId id) {
        return end("stop", host, id);
    }

    private Stop end(String call, String host, MachineId id) {
        calls.add(call + " " + id + " on " + host);
        if (frozen.contains(host)) {
            return new Stop.Unknown("no answer from " + host);
        }
        Machine there = live.get(id.domainName());
        if (there != null && there.host().equals(host)) {
            usage(there).ifPresent(usage -> ending.accept(new MachineEnding(usage)));
            live.remove(id.domainName());
        }
        return new Stop.Gone();
    }

    private Change change(String call, String host, MachineId id) {
        calls.add(call + " " + id + " on " + host);
        if (frozen.contains(host)) {
            return new Change.Unknown("no answer from " + host);
        }
        Machine there = live.get(id.domainName());
        return there != null && there.host().equals(host) ? new Change.Done() : new Change.Gone();
    }

    @Override
    public synchronized Change moveEnd(String host, MachineId id, Instant endsAt) {
        return change("move " + endsAt, host, id);
    }

    @Override
    public synchronized Change pause(String host, MachineId id) {
        return change("pause", host, id);
    }

    @Override
    public synchronized Change resume(String host, MachineId id) {
        return change("resume", host, id);
    }

    @Override
    public synchronized Survey survey(String host) {
        if (frozen.contains(host)) {
            return new Survey.Unreachable("no answer from " + host);
        }
        return new Survey.Seen(live.values().stream()
                .filter(machine -> machine.host().equals(host))
                .map(FakeMachines::seen)
                .toList());
    }

    @Override
    public synchronized Measurement measure(String host) {
        if (frozen.contains(host)) {
            return new Measurement.Unreachable("no answer from " + host);
        }
        return new Measurement.Seen(live.values().stream()
                .filter(machine -> machine.host().equals(host))
                .flatMap(machine -> usage(machine).stream())
                .toList());
    }

    private Optional<MachineUsage> usage(Machine machine) {
        return machine instanceof Machine.Worker worker
                ? Optional.of(new MachineUsage(
                        worker.id(),
                        worker.attempt(),
                        worker.job(),
                        worker.submitted().truncatedTo(ChronoUnit.SECONDS),
                        cpuNanos.getOrDefault(worker.id(), 0L),
                        1024L * worker.memMiB()))
                : Optional.empty();
    }

    /** What its hypervisor says from now on. */
    public synchronized void used(MachineId id, long nanos) {
        cpuNanos.put(id, nanos);
    }

    private static LiveMachine seen(Machine machine) {
        return switch (machine) {
            case Machine.Cvm cvm -> new LiveMachine.Cvm(cvm.id(), cvm.host());
            case Machine.Worker worker ->
                new LiveMachine.Worker(
                        worker.id(),
                        worker.host(),
                        worker.attempt(),
                        worker.job(),
                        worker.submitted().truncatedTo(ChronoUnit.SECONDS),
                        worker.endsAt().truncatedTo(ChronoUnit.SECONDS));
        };
    }

    /** The machine ends by itself, as when a guest powers off. */
    public synchronized void die(MachineId id) {
        live.remove(id.domainName());
    }

    /** The host stops answering until {@link #thaw}. */
    public synchronized void freeze(String host) {
        frozen.add(host);
    }

    public synchronized void thaw(String host) {
        frozen.remove(host);
    }

    /** The host refuses new machines. */
    public synchronized void fill(String host) {
        full.add(host);
    }

    /** What lives, by domain name. */
    public synchronized List<Machine> live() {
        return List.copyOf(live.values());
    }

    /** Every start and destroy, in order. */
    public synchronized List<String> calls() {
        return List.copyOf(calls);
    }
}
