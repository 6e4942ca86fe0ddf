package cloister.cvm.slurm;

import static org.assertj.core.api.Assertions.assertThat;

import cloister.broker.Isolation;
import cloister.cvm.demand.Policy;
import cloister.cvm.demand.Samples;
import org.junit.jupiter.api.Test;

class SlurmConfTest {
    private final Policy policy = Samples.policy(8, true);

    @Test
    void ceilings_are_what_the_site_allows_and_never_run_anything() {
        assertThat(SlurmConf.slurmConf(policy, Samples.members(), "10.99.0.1", 1)
                        .lines())
                .contains("NodeName=ceiling[001-008] NodeAddr=127.0.0.1 CPUs=4 RealMemory=" + Policy.usableMemory(3072)
                        + " TmpDisk=3920 State=FUTURE");
    }

    @Test
    void there_are_ceilings_for_each_kind_of_gpu_and_workers_share_one_list_of_names() {
        Policy gpus = Samples.withGpus(8);
        assertThat(SlurmConf.slurmConf(gpus, Samples.members(), "10.99.0.1", 1)
                        .lines()
                        .filter(line -> line.startsWith("NodeName=")))
                .hasSize(2)
                .anyMatch(line -> line.startsWith("NodeName=ceiling-a[001-008] ")
                        && line.endsWith(" Gres=gpu:a:2 Feature=gpu-a State=FUTURE"))
                .anyMatch(line -> line.startsWith("NodeName=ceiling-c[001-008] ")
                        && line.endsWith(" Gres=gpu:c:2 Feature=gpu-c State=FUTURE"));
        assertThat(SlurmConf.gresConf().lines()).hasSize(3).contains("Name=gpu Type=b File=/run/cloister/gpu/b[0-15]");
    }

    @Test
    void ceilings_have_the_feature_of_each_member_where_workers_serve_one_alone() {
        Policy user = Samples.policy(8, Isolation.USER, 0);

        assertThat(SlurmConf.slurmConf(user, Samples.members(), "10.99.0.1", 1))
                .contains(" TmpDisk=3920 Feature=u5001,u5002 State=FUTURE\n");
        assertThat(Cluster.limitsLua(user)).contains(", isolation = 1 }");
        Policy job = Samples.policy(8, Isolation.JOB, 0);
        assertThat(SlurmConf.slurmConf(job, Samples.members(), "10.99.0.1", 1))
                .contains(" TmpDisk=3920 Feature=unassigned State=FUTURE\n");
        assertThat(Cluster.limitsLua(job)).contains(", isolation = 2 }");
    }

    @Test
    void no_job_may_be_longer_than_a_lease_can_serve() {
        // 480 minutes less 3 for the boot and 2 of grace.
        assertThat(SlurmConf.slurmConf(policy, Samples.members(), "10.99.0.1", 1))
                .contains(" MaxTime=475 ");
    }

    @Test
    void slurm_listens_on_the_overlay_alone() {
        assertThat(SlurmConf.slurmConf(policy, Samples.members(), "10.99.0.1", 1)
                        .lines())
                .contains("SlurmctldHost=cvm(10.99.0.1)", "CommunicationParameters=NoCtldInAddrAny,NoInAddrAny");
        assertThat(SlurmConf.slurmdbdConf().lines()).contains("DbdAddr=127.0.0.1");
    }

    @Test
    void no_line_holds_a_password() {
        String all = SlurmConf.slurmConf(policy, Samples.members(), "10.99.0.1", 4) + SlurmConf.slurmdbdConf();

        assertThat(all).doesNotContainIgnoringCase("pass");
    }

    @Test
    void the_submit_plugin_is_told_what_jobs_can_have() {
        assertThat(Cluster.limitsLua(policy).strip())
                .isEqualTo("return { max_cpus = 4, max_mem_mib = 3072, max_workers = 8, max_term_min = 475,"
                        + " reserve_mem_mib = 352, max_scratch_mib = 3920, isolation = 0 }");
        assertThat(Cluster.limitsLua(Samples.withGpus(8)).strip())
                .endsWith(" max_scratch_mib = 3920, max_gpus = 2, gpu_a = 1, gpu_c = 1, isolation = 0 }");
    }
}
