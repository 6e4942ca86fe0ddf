package cloister.backend.host;

import java.util.List;
import java.util.Map;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * Settings of the host room; docs/operations/placement.md tells how an operator finds them.
 *
 * @param maps for each host, by its name in Slurm, what its processors, memory and devices are. A host that is not named here
 *     places its machines itself and hands out no devices
 */
@ConfigurationProperties(prefix = "cloister.host", ignoreUnknownFields = false)
record HostConfig(@DefaultValue Map<String, Plan> maps) {
    /**
     * One host.
     *
     * @param sockets in the order in which slurmd counts them
     * @param reservedCores cores by Slurm's numbers that it gives to nobody (CoreSpecCount, CpuSpecList); empty for none
     * @param numa the host's NUMA nodes; without them memory is never bound
     * @param hugePageMib size of the huge pages for the guests' memory: 2 or 1024; 0 for ordinary pages
     * @param devices for each gres name the PCI devices in the order of their index; functions that belong together are
     *     joined by a plus sign
     */
    record Plan(
            @DefaultValue List<SocketPlan> sockets,
            @DefaultValue("") String reservedCores,
            @DefaultValue List<NumaPlan> numa,
            @DefaultValue("0") int hugePageMib,
            @DefaultValue Map<String, List<String>> devices) {}

    /**
     * One socket.
     *
     * @param threads the host's processors that are the first threads of its cores, in the order of the cores, then those that
     *     are the second ones, and so on
     */
    record SocketPlan(@DefaultValue List<String> threads) {}

    /**
     * One NUMA node.
     *
     * @param node its number on the host
     * @param cpus the host's processors in it
     * @param memoryMib what guests and QEMU may use of it: without what the host itself needs
     */
    record NumaPlan(int node, String cpus, int memoryMib) {}
}
