package cloister.backend.machine;

import cloister.backend.host.Placement;
import cloister.isolation.Ipv4;
import java.time.Instant;
import java.util.Optional;

/** A machine as it is wanted: everything that its domain, its volume and its boot line are made from. */
public sealed interface Machine {
    MachineId id();

    /** Name of the VM host. */
    String host();

    /** Its address on the underlay. */
    Ipv4 address();

    int cpus();

    /** Memory of the guest in MiB; what QEMU itself needs comes on top. */
    int memMiB();

    /** Size in MiB of its blank volume. */
    int volumeMiB();

    /** Where on its host it runs; empty where the host's own scheduler decides. */
    Optional<Placement> placement();

    /**
     * A project's controlling VM. It has no end of its own.
     *
     * @param project number of the project
     * @param host name of a VM host with the role service
     * @param address on the underlay
     * @param cpus virtual processors
     * @param memMiB memory of the guest
     * @param dataMiB size of its drive
     * @param keptDrive whether it starts with the drive that an earlier one of this project used, and on none other
     */
    record Cvm(int project, String host, Ipv4 address, int cpus, int memMiB, int dataMiB, boolean keptDrive)
            implements Machine {
        /** Refuses sizes out of bounds. */
        public Cvm {
            Sizes.check(host, cpus, memMiB, dataMiB);
        }

        @Override
        public MachineId id() {
            return MachineId.cvm(project);
        }

        @Override
        public int volumeMiB() {
            return dataMiB;
        }

        @Override
        public Optional<Placement> placement() {
            return Optional.empty();
        }
    }

    /**
     * A worker of a lease.
     *
     * @param id which worker
     * @param host the VM host that the placeholder's allocation names
     * @param address on the underlay
     * @param attempt number of the placeholder within its lease, from 1
     * @param job the placeholder's number in the global Slurm
     * @param submitted when the placeholder was submitted: job numbers are used again
     * @param cpus virtual processors
     * @param memMiB memory of the guest
     * @param scratchMiB size of its scratch volume; 0 for none
     * @param endsAt when it must be gone at the latest
     * @param cvmSpki base64 SubjectPublicKeyInfo of the project's CVM, the only client of the worker's port 22
     * @param placement where on its host it runs; empty where the host's own scheduler decides
     */
    record Worker(
            MachineId id,
            String host,
            Ipv4 address,
            int attempt,
            long job,
            Instant submitted,
            int cpus,
            int memMiB,
            int scratchMiB,
            Instant endsAt,
            String cvmSpki,
            Optional<Placement> placement)
            implements Machine {
        /** Refuses a CVM's id and numbers out of bounds. */
        public Worker {
            if (id.isCvm() || attempt < 1 || job < 1) {
                throw new IllegalArgumentException("a worker has a lease, an attempt and a placeholder");
            }
            Sizes.check(host, cpus, memMiB, scratchMiB);
            placement.ifPresent(place -> Sizes.check(place, cpus, memMiB));
        }

        /** One whose host decides where it runs. */
        public Worker(
                MachineId id,
                String host,
                Ipv4 address,
                int attempt,
                long job,
                Instant submitted,
                int cpus,
                int memMiB,
                int scratchMiB,
                Instant endsAt,
                String cvmSpki) {
            this(
                    id,
                    host,
                    address,
                    attempt,
                    job,
                    submitted,
                    cpus,
                    memMiB,
                    scratchMiB,
                    endsAt,
                    cvmSpki,
                    Optional.empty());
        }

        @Override
        public int volumeMiB() {
            return scratchMiB;
        }
    }
}
