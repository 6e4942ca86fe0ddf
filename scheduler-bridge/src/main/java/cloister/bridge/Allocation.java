package cloister.bridge;

import java.util.List;
import java.util.Map;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * What Slurm gave a placeholder on one host, in Slurm's own numbers. They are abstract: which processors and devices of the
 * host they stand for, only the host's configuration tells.
 *
 * @param host the host's name in Slurm
 * @param cpus how many of what Slurm counts as a cpu: threads, or cores where slurm.conf says so
 * @param memoryMiB memory in MiB; 0 where Slurm does not hand out memory
 * @param wholeCores whether nobody else has a thread of one of these cores
 * @param sockets all sockets of the host by their number, with their cores
 * @param gres of each kind of device (a gres name such as {@code gpu}) those that it was given, by their index on the host
 */
public record Allocation(
        String host,
        int cpus,
        long memoryMiB,
        boolean wholeCores,
        List<Socket> sockets,
        Map<String, SortedSet<Integer>> gres) {
    /**
     * A socket as Slurm counts sockets.
     *
     * @param cores how many it has, those included that Slurm gives to nobody (CoreSpecCount)
     * @param given which of them the placeholder has, from 0
     */
    public record Socket(int cores, SortedSet<Integer> given) {
        /** Refuses cores that the socket does not have. */
        public Socket {
            given = new TreeSet<>(given);
            if (cores < 1) throw new IllegalArgumentException("a socket has cores");
            if (!given.isEmpty() && (given.first() < 0 || given.last() >= cores)) {
                throw new IllegalArgumentException("a socket of " + cores + " cores has no " + given);
            }
        }

        @Override
        public SortedSet<Integer> given() {
            return new TreeSet<>(given);
        }
    }

    /** Copies what it is given. */
    public Allocation {
        if (cpus < 0 || memoryMiB < 0) throw new IllegalArgumentException("nobody is given less than nothing");
        sockets = List.copyOf(sockets);
        gres = gres.entrySet().stream()
                .collect(Collectors.toUnmodifiableMap(Map.Entry::getKey, kind -> new TreeSet<>(kind.getValue())));
    }
}
