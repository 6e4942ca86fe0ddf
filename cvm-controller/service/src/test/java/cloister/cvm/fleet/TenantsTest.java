package cloister.cvm.fleet;

import static org.assertj.core.api.Assertions.assertThat;

import cloister.broker.GpuKind;
import cloister.broker.Isolation;
import cloister.broker.LeaseList;
import cloister.broker.LeaseRequest;
import cloister.cvm.demand.Ask;
import cloister.cvm.demand.Gpus;
import cloister.cvm.demand.JobKey;
import cloister.cvm.demand.Plan;
import cloister.cvm.demand.Samples;
import cloister.cvm.demand.Slot;
import cloister.cvm.demand.Tenant;
import cloister.cvm.worker.Lives;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Whom the workers of a lease serve, and what they are room for. */
class TenantsTest {
    private static final JobKey JOB = new JobKey(1, 1000, 0);
    private static final Instant NOW = Instant.ofEpochSecond(1_800_000_000);
    private static final LeaseRequest REQUEST = new LeaseRequest(7, 1, 2, 1024, GpuKind.NONE, 0, 1024, 30, false);

    private final Fleet fleet = new Fleet(Lives.usual());

    private static Plan plan(List<Ask> asks, List<Plan.Tie> ties) {
        return new Plan(asks, List.of(), List.of(), List.of(), Map.of(), ties, Set.of(), false);
    }

    private List<Tenant> tenants(Isolation isolation) {
        return fleet.slots(Samples.policy(8, isolation, 0), NOW).stream()
                .map(Slot::tenant)
                .toList();
    }

    private void asked() {
        asked(REQUEST);
    }

    private void asked(LeaseRequest request) {
        fleet.heardAll(new LeaseList(1, List.of()), NOW);
        fleet.nextLease(4);
        fleet.follow(plan(List.of(new Ask(request, List.of(JOB))), List.of()), NOW);
    }

    @Test
    void a_worker_to_come_is_room_for_the_gpus_that_were_asked_for() {
        asked(new LeaseRequest(7, 1, 2, 1024, GpuKind.C, 2, 1024, 30, false));

        assertThat(fleet.slots(Samples.withGpus(8), NOW))
                .extracting(slot -> slot.free().gpus())
                .containsExactly(new Gpus(GpuKind.C, 2));
    }

    @Test
    void all_members_or_the_one_who_asked() {
        asked();

        assertThat(tenants(Isolation.PROJECT)).containsExactly(new Tenant.Everybody());
        assertThat(tenants(Isolation.USER)).containsExactly(new Tenant.OneMember(7));
    }

    @Test
    void one_job_which_it_is_tied_to_once() {
        asked();
        assertThat(tenants(Isolation.JOB)).containsExactly(new Tenant.OneJob(JOB, false));

        fleet.follow(plan(List.of(), List.of(new Plan.Tie(JOB, 4))), NOW);
        assertThat(tenants(Isolation.JOB)).containsExactly(new Tenant.OneJob(JOB, true));
    }

    @Test
    void a_lease_that_is_found_after_a_restart_is_still_its_members_and_no_jobs() {
        fleet.recall(4, REQUEST, NOW);

        assertThat(tenants(Isolation.USER)).containsExactly(new Tenant.OneMember(7));
        assertThat(tenants(Isolation.JOB)).containsExactly(new Tenant.Nobody());
    }
}
