package cloister.backend.project;

import cloister.backend.host.Hosts;
import cloister.backend.machine.MachineSettings;
import cloister.backend.machine.Machines;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import org.springframework.transaction.support.TransactionTemplate;

/** The project room's parts for tests, with the settings of a small site. */
final class ProjectRoom {
    static final ProjectConfig CONFIG = new ProjectConfig("10.77", Duration.ofSeconds(90), Duration.ofSeconds(5));

    private static final MachineSettings SIZE = new MachineSettings(
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

    private ProjectRoom() {}

    static CvmLoop cvms(
            ProjectStore store, TransactionTemplate transactions, Machines machines, Hosts hosts, InstantSource clock) {
        return new CvmLoop(
                store, transactions, machines, hosts, new Underlay(CONFIG), CONFIG, SIZE, 1, clock, event -> {});
    }
}
