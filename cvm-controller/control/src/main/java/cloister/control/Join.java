package cloister.control;

import cloister.broker.GpuKind;
import cloister.isolation.Ipv4;
import cloister.isolation.Range;
import java.util.List;
import java.util.Optional;

/**
 * What makes a worker part of its project's cluster.
 *
 * @param certificatePem the worker's certificate, signed by the project's CA
 * @param caPem the CA's certificate
 * @param overlayAddress the worker's address on the overlay
 * @param overlayRange the overlay, CIDR
 * @param cvmAddress the CVM's address on the underlay
 * @param cvmOverlay the CVM's address on the overlay
 * @param cvmId the CVM's IKE identity, {@code cvm.p<P>.cloister}
 * @param ownId the worker's IKE identity, {@code w<L>-<K>.p<P>.cloister}
 * @param peers the other workers of its lease that it has direct tunnels to
 * @param nodeName its name in the local Slurm, {@code w<L>-<K>}
 * @param cpus processors that it offers
 * @param realMemoryMiB memory that it offers, in MiB
 * @param gpuKind kind of its GPUs; {@link GpuKind#NONE} exactly when {@code gpus} is 0
 * @param gpus GPUs that it offers, 0 to 16
 * @param slurmKey the cluster's key
 * @param mounts what it mounts
 * @param owner user id of the one member whom it serves, and whose home it mounts; 0 for all members and homes
 * @param accounts the project's members
 * @param hosts the names it knows
 * @param endsAt Unix seconds at which it ends at the latest
 * @param instanceId what its slurmd registers with, {@code l<L>-<K>}: whose worker a node is
 */
public record Join(
        String certificatePem,
        String caPem,
        String overlayAddress,
        String overlayRange,
        String cvmAddress,
        String cvmOverlay,
        String cvmId,
        String ownId,
        List<Peer> peers,
        String nodeName,
        int cpus,
        int realMemoryMiB,
        GpuKind gpuKind,
        int gpus,
        ClusterKey slurmKey,
        List<Mount> mounts,
        int owner,
        List<Account> accounts,
        List<HostEntry> hosts,
        long endsAt,
        String instanceId) {
    private static final int LONGEST_PEM = 8 * 1024;
    private static final int MOST_CPUS = 1024;
    private static final int MOST_MEM_MIB = 16 * 1024 * 1024;
    /** What fits into one frame with room to spare. */
    private static final int MOST_LISTED = 256;

    /** The year 2001 to the year 2286: what is outside is not a time in seconds. */
    private static final long EARLIEST = 1_000_000_000L;

    private static final long LATEST = 9_999_999_999L;

    /** Refuses what is out of bounds and what contradicts itself. */
    public Join {
        pem("certificatePem", certificatePem);
        pem("caPem", caPem);
        peers = Bounds.list("peers", peers, MOST_LISTED);
        mounts = Bounds.list("mounts", mounts, Mount.values().length);
        accounts = Bounds.list("accounts", accounts, MOST_LISTED);
        hosts = Bounds.list("hosts", hosts, MOST_LISTED);
        Bounds.distinct("peers", peers, Peer::id);
        Bounds.distinct("mounts", mounts, mount -> mount);
        Bounds.distinct("accounts", accounts, Account::login);
        Bounds.distinct("accounts", accounts, Account::uid);
        Bounds.distinct("hosts", hosts, HostEntry::name);
        Bounds.within("cpus", cpus, 1, MOST_CPUS);
        Bounds.within("realMemoryMiB", realMemoryMiB, 1, MOST_MEM_MIB);
        Bounds.within("gpus", gpus, 0, GpuNames.most());
        if ((gpuKind == GpuKind.NONE) != (gpus == 0)) {
            throw new IllegalArgumentException("gpuKind must be NONE exactly when gpus is 0");
        }
        oneOwner(owner, accounts);
        checkEnd(endsAt);
        oneWorker(nodeName, instanceId, WorkerName.ofId("ownId", ownId), WorkerName.projectOfCvm("cvmId", cvmId));
        oneOverlay(overlayRange, overlayAddress, cvmOverlay, cvmAddress, peers, hosts);
    }

    static void checkEnd(long endsAt) {
        Bounds.within("endsAt", endsAt, EARLIEST, LATEST);
    }

    /**
     * Whether the other one makes the same machine of this worker: only a renewed certificate, the lists of peers,
     * accounts and hosts and the end may differ.
     */
    public boolean sameMachine(Join other) {
        return caPem.equals(other.caPem)
                && overlayAddress.equals(other.overlayAddress)
                && overlayRange.equals(other.overlayRange)
                && cvmAddress.equals(other.cvmAddress)
                && cvmOverlay.equals(other.cvmOverlay)
                && cvmId.equals(other.cvmId)
                && ownId.equals(other.ownId)
                && nodeName.equals(other.nodeName)
                && cpus == other.cpus
                && realMemoryMiB == other.realMemoryMiB
                && gpuKind == other.gpuKind
                && gpus == other.gpus
                && slurmKey.equals(other.slurmKey)
                && mounts.equals(other.mounts)
                && owner == other.owner
                && instanceId.equals(other.instanceId);
    }

    /** The project that the identities name. */
    public int project() {
        return WorkerName.projectOfCvm("cvmId", cvmId);
    }

    /** The same with another end. */
    public Join endingAt(long seconds) {
        return new Join(
                certificatePem,
                caPem,
                overlayAddress,
                overlayRange,
                cvmAddress,
                cvmOverlay,
                cvmId,
                ownId,
                peers,
                nodeName,
                cpus,
                realMemoryMiB,
                gpuKind,
                gpus,
                slurmKey,
                mounts,
                owner,
                accounts,
                hosts,
                seconds,
                instanceId);
    }

    /** Login of the member whom it serves; empty where it serves all. */
    public Optional<String> ownLogin() {
        return accounts.stream()
                .filter(account -> account.uid() == owner)
                .map(Account::login)
                .findFirst();
    }

    /** What jobs of its own find it by in the local Slurm, separated by commas: its owner's, and its lease's; empty without an owner. */
    public String features() {
        return owner == 0
                ? ""
                : "u" + owner + ",lease-"
                        + WorkerName.ofNode("nodeName", nodeName).lease();
    }

    private static void oneOwner(int owner, List<Account> accounts) {
        if (owner != 0 && accounts.stream().noneMatch(account -> account.uid() == owner)) {
            throw new IllegalArgumentException("owner must be 0 or one of the accounts");
        }
    }

    private static void pem(String field, String pem) {
        if (pem.length() > LONGEST_PEM
                || !pem.startsWith("-----BEGIN CERTIFICATE-----\n")
                || !pem.endsWith("\n-----END CERTIFICATE-----\n")
                || pem.chars().anyMatch(c -> c != '\n' && (c < ' ' || c > '~'))) {
            throw new IllegalArgumentException(
                    field + " must be a certificate in PEM of at most " + LONGEST_PEM + " bytes");
        }
    }

    private static void oneWorker(String nodeName, String instanceId, WorkerName own, int project) {
        WorkerName node = WorkerName.ofNode("nodeName", nodeName);
        WorkerName instance = WorkerName.ofInstance("instanceId", instanceId);
        if (!node.sameWorker(own) || !instance.sameWorker(own) || own.project() != project) {
            throw new IllegalArgumentException("nodeName, instanceId, ownId and cvmId must be of one worker");
        }
    }

    private static void oneOverlay(
            String overlayRange,
            String overlayAddress,
            String cvmOverlay,
            String cvmAddress,
            List<Peer> peers,
            List<HostEntry> hosts) {
        Range range = Bounds.range("overlayRange", overlayRange);
        Ipv4 own = Bounds.address("overlayAddress", overlayAddress);
        Ipv4 cvm = Bounds.address("cvmOverlay", cvmOverlay);
        boolean inside = range.contains(own)
                && range.contains(cvm)
                && peers.stream().allMatch(peer -> range.contains(Ipv4.parse(peer.overlay())))
                && hosts.stream().allMatch(host -> range.contains(Ipv4.parse(host.address())));
        if (!inside || own.equals(cvm)) {
            throw new IllegalArgumentException("the overlay's addresses must be distinct and within overlayRange");
        }
        if (range.contains(Bounds.address("cvmAddress", cvmAddress))) {
            throw new IllegalArgumentException("cvmAddress must be outside overlayRange");
        }
    }
}
