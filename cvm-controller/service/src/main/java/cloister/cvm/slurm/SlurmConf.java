package cloister.cvm.slurm;

import cloister.broker.GpuKind;
import cloister.broker.Isolation;
import cloister.broker.Limits;
import cloister.broker.Members;
import cloister.control.GpuNames;
import cloister.cvm.demand.Need;
import cloister.cvm.demand.Policy;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The configuration files of the project's own Slurm.
 *
 * <p>Workers are dynamic nodes ({@code slurmd -Z}). The ceiling nodes in state FUTURE never run anything: they make a request
 * feasible that the site could serve, and let {@code sbatch} refuse at once what it could not. Everything listens on the
 * overlay alone.
 */
public final class SlurmConf {
    /** Workers come and go under new names; ceilings count as well. */
    private static final int NODES_FOR_EACH_WORKER = 4;

    private SlurmConf() {}

    /**
     * {@code slurm.conf}.
     *
     * @param members who may submit
     * @param overlay the CVM's address in the overlay
     * @param timeScale by which every time-out is longer than on hardware with KVM
     */
    public static String slurmConf(Policy policy, Members members, String overlay, int timeScale) {
        Limits limits = policy.limits();
        return String.format(
                        Locale.ROOT,
                        """
            ClusterName=cloister
            SlurmctldHost=cvm(%1$s)
            SlurmUser=slurm
            AuthType=auth/slurm
            CredType=auth/slurm
            AuthInfo=use_client_ids,ttl=300
            SlurmctldPort=6817
            SlurmdPort=6818
            SrunPortRange=60001-60100
            CommunicationParameters=NoCtldInAddrAny,NoInAddrAny
            SlurmctldParameters=enable_configless
            StateSaveLocation=/data/slurm/state
            SlurmdSpoolDir=/var/spool/slurmd
            SlurmctldPidFile=/run/slurmctld/slurmctld.pid
            SlurmdPidFile=/run/slurmd.pid
            SlurmctldLogFile=/data/slurm/log/slurmctld.log
            SlurmdLogFile=/var/log/slurm/slurmd.log
            SlurmctldDebug=info
            SlurmdDebug=info
            LogTimeFormat=iso8601_ms
            ProctrackType=proctrack/cgroup
            TaskPlugin=task/cgroup,task/affinity
            JobAcctGatherType=jobacct_gather/cgroup
            JobAcctGatherFrequency=task=10
            MpiDefault=pmix
            JobSubmitPlugins=lua
            Prolog=/usr/lib/cloister/job-names
            GresTypes=gpu
            JobRequeue=1
            KillOnBadExit=0
            KillWait=30
            ReturnToService=2
            SlurmdTimeout=%2$d
            SlurmctldTimeout=%2$d
            MessageTimeout=%3$d
            TCPTimeout=%4$d
            TreeWidth=65533
            SelectType=select/cons_tres
            SelectTypeParameters=CR_Core_Memory
            DefMemPerCPU=%5$d
            SchedulerType=sched/backfill
            SchedulerParameters=bf_interval=1,sched_interval=2,sched_min_interval=100000,bf_max_job_test=2000,default_queue_depth=1000
            PriorityType=priority/basic
            AccountingStorageType=accounting_storage/slurmdbd
            AccountingStorageHost=localhost
            AccountingStorageEnforce=associations
            JobCompType=jobcomp/none
            MaxNodeCount=%6$d
            PartitionName=batch Nodes=ALL Default=YES DefaultTime=%7$d MaxTime=%8$d State=UP
            """,
                        overlay,
                        30 * timeScale,
                        Math.min(100, 10 * timeScale),
                        Math.min(30, 2 * timeScale),
                        policy.defaultMemPerCpuMiB(),
                        Math.max(64, (NODES_FOR_EACH_WORKER + policy.gpuKinds().size()) * limits.maxWorkers()),
                        Math.max(1, policy.usualLimitMin()),
                        Math.max(1, policy.longestLimitMin()))
                + ceilings(policy, ceilingFeatures(limits.isolation(), members));
    }

    /** As many as there may be workers; one set for each kind of GPU, because a worker has one kind. */
    private static String ceilings(Policy policy, List<String> features) {
        List<GpuKind> kinds = policy.gpuKinds();
        return kinds.isEmpty()
                ? ceiling(policy, "ceiling", "", features)
                : kinds.stream()
                        .map(kind -> ceiling(
                                policy,
                                "ceiling-" + GpuNames.type(kind),
                                " Gres=gpu:" + GpuNames.type(kind) + ":"
                                        + policy.limits().maxGpus(),
                                Stream.concat(Stream.of(GpuNames.feature(kind)), features.stream())
                                        .toList()))
                        .collect(Collectors.joining());
    }

    private static String ceiling(Policy policy, String name, String gpus, List<String> features) {
        Need largest = policy.largest();
        return String.format(
                Locale.ROOT,
                "NodeName=%s[001-%03d] NodeAddr=127.0.0.1 CPUs=%d RealMemory=%d TmpDisk=%d%s State=FUTURE%n",
                name,
                policy.limits().maxWorkers(),
                largest.cpus(),
                largest.memMiB(),
                policy.largestTmpMiB(),
                gpus + (features.isEmpty() ? "" : " Feature=" + String.join(",", features)));
    }

    /**
     * {@code gres.conf}, for all workers alike: slurmd takes the first files of its own kind, as many as it registers with, and
     * leaves the others. All of them must exist, or it does not start; {@link GpuNames#file}.
     */
    public static String gresConf() {
        return GpuNames.kinds().stream()
                .map(kind -> "Name=gpu Type=" + GpuNames.type(kind) + " File=" + GpuNames.file(kind) + "[0-"
                        + (GpuNames.most() - 1) + "]\n")
                .collect(Collectors.joining());
    }

    /** So that what asks for workers of its own is feasible before there are any. */
    private static List<String> ceilingFeatures(Isolation isolation, Members members) {
        return switch (isolation) {
            case PROJECT -> List.of();
            case USER ->
                members.members().stream().map(member -> "u" + member.uid()).toList();
            case JOB -> List.of("unassigned");
        };
    }

    /** {@code cgroup.conf}: the guests have no systemd, and version 2 of cgroups. */
    public static String cgroupConf() {
        return """
                CgroupPlugin=cgroup/v2
                IgnoreSystemd=yes
                EnableControllers=yes
                ConstrainRAMSpace=yes
                ConstrainSwapSpace=yes
                ConstrainCores=yes
                """;
    }

    /** {@code slurmdbd.conf}: it and its database are reached from this machine alone, without any password. */
    public static String slurmdbdConf() {
        return """
                AuthType=auth/slurm
                DbdHost=localhost
                DbdAddr=127.0.0.1
                SlurmUser=slurm
                StorageType=accounting_storage/mysql
                StorageHost=localhost
                StorageUser=slurm
                StorageLoc=slurm_acct_db
                LogFile=/data/slurm/log/slurmdbd.log
                PidFile=/run/slurmdbd/slurmdbd.pid
                DebugLevel=info
                """;
    }
}
