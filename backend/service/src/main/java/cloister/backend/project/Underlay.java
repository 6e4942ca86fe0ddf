package cloister.backend.project;

import cloister.isolation.Ipv4;
import org.springframework.stereotype.Component;

/** Who has which address on the underlay: the third byte is the project, the last one says who it is there. */
@Component
public final class Underlay {
    private static final int CVM = 10;
    private static final int FIRST_WORKER = 16;
    private static final int LAST_WORKER = 250;

    private final String network;

    Underlay(ProjectConfig config) {
        network = config.underlay();
    }

    /** The project's CVM. */
    public Ipv4 cvm(int project) {
        return address(project, CVM);
    }

    /** A worker of the project; {@code last} is the last byte. */
    public Ipv4 worker(int project, int last) {
        if (last < FIRST_WORKER || last > LAST_WORKER) {
            throw new IllegalArgumentException("a worker's last byte is between 16 and 250");
        }
        return address(project, last);
    }

    /** Smallest last byte of a worker. */
    public int firstWorker() {
        return FIRST_WORKER;
    }

    /** Largest last byte of a worker. */
    public int lastWorker() {
        return LAST_WORKER;
    }

    private Ipv4 address(int project, int last) {
        return Ipv4.parse(network + "." + project + "." + last);
    }
}
