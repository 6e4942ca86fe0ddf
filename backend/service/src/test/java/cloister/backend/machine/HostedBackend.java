package cloister.backend.machine;

import cloister.isolation.Range;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.function.Consumer;

/** The room as the backend has it, for hosts with a real libvirtd. */
final class HostedBackend {
    private HostedBackend() {}

    /**
     * Starts it.
     *
     * @param keys of the libvirt client
     * @param limit of every call to a host
     * @param events hears of hellos, alarms, last figures and ends
     */
    static HostedMachines start(Path keys, Duration limit, Consumer<Object> events) {
        MachineSettings settings = Samples.settings(keys, limit);
        Conversations conversations = new Conversations(
                new BootWords(Samples.broker(), Range.parse(settings.underlay()), settings.projectPrefix()),
                Duration.ofSeconds(1),
                settings.mostConversations(),
                InstantSource.system(),
                new Conversations.Events() {
                    @Override
                    public void heard(MachineHeard heard) {
                        events.accept(heard);
                    }

                    @Override
                    public void alarm(MachineAlarm alarm) {
                        events.accept(alarm);
                    }
                });
        return new HostedMachines(
                name -> new LibvirtHypervisor(
                        name,
                        settings.pki(),
                        settings.volumes(),
                        limit,
                        domain -> MachineId.ofDomain(domain).ifPresent(id -> events.accept(new MachineGone(id)))),
                settings,
                Samples.broker(),
                conversations,
                events::accept);
    }
}
