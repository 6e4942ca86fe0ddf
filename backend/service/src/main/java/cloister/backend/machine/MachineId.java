package cloister.backend.machine;

import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Which machine: the CVM of a project, or a worker of one of its leases.
 *
 * @param project number of the project, from 1
 * @param lease number of the lease, from 1; 0 for the CVM
 * @param worker number of the worker within its lease, from 1; 0 for the CVM
 */
public record MachineId(int project, int lease, int worker) {
    private static final Pattern DOMAIN =
            Pattern.compile("cloister-p([1-9][0-9]{0,9})-(?:cvm|w([1-9][0-9]{0,9})-([1-9][0-9]{0,9}))");

    /** Refuses numbers out of bounds, and half of a worker's pair. */
    public MachineId {
        if (project < 1 || lease < 0 || worker < 0 || (lease == 0) != (worker == 0)) {
            throw new IllegalArgumentException("a machine is a project's CVM, or a worker of a lease");
        }
    }

    /** The controlling VM of a project. */
    public static MachineId cvm(int project) {
        return new MachineId(project, 0, 0);
    }

    public boolean isCvm() {
        return lease == 0;
    }

    /** The guest's host name, and for a worker its node name in the project's own Slurm. */
    public String guestName() {
        return isCvm() ? "cvm" : "w" + lease + "-" + worker;
    }

    /** Name of the libvirt domain, and of its volume. */
    public String domainName() {
        return "cloister-p" + project + "-" + guestName();
    }

    /** The machine whose domain has this name, if the name is one of ours. */
    public static Optional<MachineId> ofDomain(String name) {
        Matcher matcher = DOMAIN.matcher(name);
        if (!matcher.matches()) {
            return Optional.empty();
        }
        try {
            int project = Integer.parseInt(matcher.group(1));
            if (matcher.group(2) == null) {
                return Optional.of(cvm(project));
            }
            return Optional.of(
                    new MachineId(project, Integer.parseInt(matcher.group(2)), Integer.parseInt(matcher.group(3))));
        } catch (NumberFormatException tooLarge) {
            // Ten digits may exceed what we number with: then the name isn't ours.
            return Optional.empty();
        }
    }

    @Override
    public String toString() {
        return domainName();
    }
}
