package cloister.backend.project;

import cloister.backend.host.Host;
import cloister.backend.host.Hosts;
import cloister.backend.machine.LiveMachine;
import cloister.backend.machine.Machines;
import cloister.backend.pulse.Paced;
import cloister.backend.pulse.Pulse;
import java.time.InstantSource;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.stereotype.Component;

/**
 * Ends CVMs that live where they should not: on a host that an operator called off, when it comes back. Two of one project must
 * never write to the same drive. It has a thread of its own, since such hosts may be slow to answer.
 */
@Component
class CvmStrays implements Paced {
    private static final Logger LOG = LoggerFactory.getLogger(CvmStrays.class);

    private final ProjectStore store;
    private final Machines machines;
    private final Hosts hosts;
    private final Pulse pulse;

    CvmStrays(ProjectStore store, Machines machines, Hosts hosts, ProjectConfig config, InstantSource clock) {
        this.store = store;
        this.machines = machines;
        this.hosts = hosts;
        this.pulse = new Pulse("cvm-strays", config.look(), clock, this::pass);
    }

    /** One look at every host that may hold CVMs. */
    void pass() {
        for (Host host : hosts.list()) {
            if (host.service() && machines.survey(host.name()) instanceof Machines.Survey.Seen(var seen)) {
                seen.stream()
                        .filter(LiveMachine.Cvm.class::isInstance)
                        .filter(machine -> stray(machine.id().project(), host.name()))
                        .forEach(machine -> end(machine, host.name()));
            }
        }
    }

    /** A project that is not in the database is not this backend's. */
    private boolean stray(int project, String host) {
        return store.find(project).filter(found -> !found.cvm().placedOn(host)).isPresent();
    }

    private void end(LiveMachine machine, String host) {
        LOG.warn("{} lives on {}, where it should not: ending it", machine.id(), host);
        if (machines.stop(host, machine.id()) instanceof Machines.Stop.Unknown(String why)) {
            LOG.warn("{} may live on: {}", machine.id(), why);
        }
    }

    @Override
    public Pulse pulse() {
        return pulse;
    }
}
