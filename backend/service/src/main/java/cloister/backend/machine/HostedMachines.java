package cloister.backend.machine;

import cloister.backend.host.Host;
import cloister.isolation.Endpoint;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The machines on their hosts. What it knows of a machine beyond the conversation with it, it asks the host each time. */
final class HostedMachines implements Machines, AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(HostedMachines.class);

    /** Enough that two machines rarely wait for each other, few enough to make once. */
    private static final int LOCKS = 64;

    private final Function<String, Hypervisor> open;
    private final MachineSettings settings;
    private final BrokerIdentity broker;
    private final Conversations conversations;
    private final Consumer<MachineEnding> ending;
    private final Map<String, Hypervisor> hosts = new ConcurrentHashMap<>();
    private final List<ReentrantLock> locks =
            Stream.generate(ReentrantLock::new).limit(LOCKS).toList();

    HostedMachines(
            Function<String, Hypervisor> open,
            MachineSettings settings,
            BrokerIdentity broker,
            Conversations conversations,
            Consumer<MachineEnding> ending) {
        this.ending = ending;
        this.open = open;
        this.settings = settings;
        this.broker = broker;
        this.conversations = conversations;
    }

    @Override
    public Start start(Machine machine) {
        ReentrantLock lock = lock(machine.id());
        lock.lock();
        try {
            Hypervisor host = host(machine.host());
            Optional<Hypervisor.LiveDomain> there = host.find(machine.id().domainName());
            return there.isPresent() ? resume(host, machine, there.get()) : create(host, machine);
        } catch (Unanswered e) {
            return new Start.Unknown(why(e));
        } catch (Rejected e) {
            return new Start.Refused(why(e));
        } finally {
            lock.unlock();
        }
    }

    private Start resume(Hypervisor host, Machine machine, Hypervisor.LiveDomain there) {
        Optional<LiveMachine> lives = DomainMark.read(host.host(), there);
        if (lives.filter(found -> isThat(found, machine)).isEmpty()) {
            return new Start.Refused("a domain " + there.name() + " of another attempt or without our mark lives on "
                    + host.host() + ": it must end first");
        }
        return conversations.keep(machine, true, host, this::expel)
                ? new Start.Started()
                : new Start.Unknown("it lives, but for now nobody can listen to it or take its hello");
    }

    private static boolean isThat(LiveMachine found, Machine wanted) {
        return switch (wanted) {
            case Machine.Cvm cvm -> found.equals(new LiveMachine.Cvm(cvm.id(), cvm.host()));
            case Machine.Worker worker ->
                found instanceof LiveMachine.Worker live
                        && live.attempt() == worker.attempt()
                        && live.job() == worker.job();
        };
    }

    private Start create(Hypervisor host, Machine machine) throws Unanswered, Rejected {
        conversations.forget(machine.id());
        String name = machine.id().domainName();
        String xml = DomainXml.of(machine, Endpoint.parse(broker.address()), settings);
        LOG.info("starting {} on {}: {} cpus, {} MiB", name, host.host(), machine.cpus(), machine.memMiB());
        try {
            if (keepsVolume(machine)) {
                host.keptVolume(name);
            } else if (machine.volumeMiB() > 0) {
                host.blankVolume(name, machine.volumeMiB());
            }
            host.create(xml);
        } catch (Rejected e) {
            Optional<Hypervisor.LiveDomain> there = host.find(name);
            if (there.isPresent()) {
                // An earlier call that was not answered in time has been carried out after all.
                return resume(host, machine, there.get());
            }
            if (!keepsVolume(machine)) {
                host.deleteVolume(name);
            }
            throw e;
        }
        return conversations.keep(machine, false, host, this::expel)
                ? new Start.Started()
                : new Start.Unknown("it lives, but for now nobody can listen to it or take its hello");
    }

    private static boolean keepsVolume(Machine machine) {
        return machine instanceof Machine.Cvm cvm && cvm.keptDrive();
    }

    @Override
    public Stop destroy(String hostName, MachineId id) {
        return end(hostName, id, true);
    }

    @Override
    public Stop stop(String hostName, MachineId id) {
        if (!id.isCvm()) {
            throw new IllegalArgumentException("a worker's volume ends with it");
        }
        return end(hostName, id, false);
    }

    /** What its guest did is no reason to lose the project's drive. */
    private void expel(String hostName, MachineId id) {
        end(hostName, id, !id.isCvm());
    }

    private Stop end(String hostName, MachineId id, boolean volumeToo) {
        ReentrantLock lock = lock(id);
        lock.lock();
        try {
            Hypervisor host = host(hostName);
            Optional<Hypervisor.LiveDomain> there = host.find(id.domainName());
            if (there.isPresent()) {
                if (DomainMark.read(hostName, there.get()).isEmpty()) {
                    return new Stop.Unknown("a domain " + id + " lives on " + hostName
                            + " that doesn't bear our mark: look at it with virsh, it is not ours to end");
                }
                measureLast(host, there.get());
                LOG.info("ending {} on {}", id, hostName);
                host.destroy(id.domainName());
            }
            conversations.forget(id);
            if (volumeToo) {
                host.deleteVolume(id.domainName());
            }
            return host.find(id.domainName()).isEmpty()
                    ? new Stop.Gone()
                    : new Stop.Unknown(id + " still lives on " + hostName);
        } catch (Unanswered | Rejected e) {
            return new Stop.Unknown(why(e));
        } finally {
            lock.unlock();
        }
    }

    private interface Use {
        void of(Hypervisor host, Hypervisor.LiveDomain domain) throws Unanswered, Rejected;
    }

    private Change change(String hostName, MachineId id, Use use) {
        ReentrantLock lock = lock(id);
        lock.lock();
        try {
            Hypervisor host = host(hostName);
            Optional<Hypervisor.LiveDomain> there = host.find(id.domainName())
                    .filter(domain -> DomainMark.read(hostName, domain).isPresent());
            if (there.isEmpty()) {
                return new Change.Gone();
            }
            use.of(host, there.get());
            return new Change.Done();
        } catch (Unanswered | Rejected e) {
            return new Change.Unknown(why(e));
        } finally {
            lock.unlock();
        }
    }

    @Override
    public Change moveEnd(String hostName, MachineId id, Instant endsAt) {
        return change(hostName, id, (host, domain) -> {
            Optional<LiveMachine> now = DomainMark.read(hostName, domain);
            if (now.filter(live -> live instanceof LiveMachine.Worker worker
                            && !worker.endsAt().equals(endsAt))
                    .isPresent()) {
                LOG.info("{} on {} is to end at {}", id, hostName, endsAt);
                host.mark(id.domainName(), DomainMark.until(domain, endsAt));
            }
        });
    }

    @Override
    public Change pause(String hostName, MachineId id) {
        return change(hostName, id, (host, _) -> host.pause(id.domainName()));
    }

    @Override
    public Change resume(String hostName, MachineId id) {
        return change(hostName, id, (host, _) -> host.resume(id.domainName()));
    }

    @Override
    public Survey survey(String hostName) {
        try {
            Hypervisor host = host(hostName);
            return new Survey.Seen(host.live().stream()
                    .flatMap(domain -> DomainMark.read(hostName, domain).stream())
                    .toList());
        } catch (Unanswered | Rejected e) {
            return new Survey.Unreachable(why(e));
        }
    }

    @Override
    public Measurement measure(String hostName) {
        List<MachineUsage> usages = new ArrayList<>();
        try {
            Hypervisor host = host(hostName);
            for (Hypervisor.LiveDomain domain : host.live()) {
                usage(host, domain).ifPresent(usages::add);
            }
            return new Measurement.Seen(usages);
        } catch (Unanswered | Rejected e) {
            return new Measurement.Unreachable(why(e));
        }
    }

    private static Optional<MachineUsage> usage(Hypervisor host, Hypervisor.LiveDomain domain)
            throws Unanswered, Rejected {
        if (DomainMark.read(host.host(), domain).orElse(null) instanceof LiveMachine.Worker worker) {
            return host.load(domain.name())
                    .map(load -> new MachineUsage(
                            worker.id(),
                            worker.attempt(),
                            worker.job(),
                            worker.submitted(),
                            load.cpuNanos(),
                            load.residentKib()));
        }
        return Optional.empty();
    }

    /** Nothing of it keeps the machine from being ended: figures of at most one period are lost. */
    private void measureLast(Hypervisor host, Hypervisor.LiveDomain domain) {
        try {
            usage(host, domain).ifPresent(usage -> ending.accept(new MachineEnding(usage)));
        } catch (Unanswered | Rejected e) {
            LOG.warn("{} can't be measured before its end: {}", domain.name(), why(e));
        } catch (RuntimeException e) {
            LOG.error("the last figures of {} were not taken", domain.name(), e);
        }
    }

    private static String why(Exception e) {
        return String.valueOf(e.getMessage());
    }

    private ReentrantLock lock(MachineId id) {
        return locks.get(Math.floorMod(id.hashCode(), LOCKS));
    }

    private Hypervisor host(String name) throws Rejected {
        try {
            return hosts.computeIfAbsent(new Host(name, false).name(), open);
        } catch (IllegalArgumentException e) {
            throw new Rejected(why(e));
        }
    }

    @Override
    public void close() {
        conversations.close();
        for (Hypervisor host : hosts.values()) {
            if (host instanceof AutoCloseable closeable) {
                try {
                    closeable.close();
                } catch (Exception e) {
                    LOG.warn("{} could not be closed", host.host(), e);
                }
            }
        }
    }
}
