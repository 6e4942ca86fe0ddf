package cloister.cvm.demand;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Workers of different terms: short jobs leave the long ones to the jobs that need them. */
class TermsTest {
    private static final Instant NOW = Instant.parse("2026-01-01T12:00:00Z");
    private static final Need ONE = new Need(1, 600);

    private static Slot coming(int lease, int worker, int usableMin, Instant since) {
        return new Slot(
                new WorkerKey(lease, worker), Slot.Kind.COMING, ONE, ONE, 0, since, usableMin, new Tenant.Everybody());
    }

    private static Waiting job(int number, int nodes, int limitMin) {
        Waiting job = Samples.job(number, nodes, ONE, 1, NOW.minusSeconds(20));
        return new Waiting(
                job.key(),
                job.member(),
                job.nodes(),
                job.perNode(),
                job.tmpMiB(),
                job.wholeWorker(),
                job.spread(),
                limitMin,
                job.tasks(),
                job.priority(),
                job.since(),
                job.askFrom(),
                job.together(),
                job.binding());
    }

    private static Plan plan(List<Waiting> waiting, List<Slot> slots) {
        return Demand.plan(waiting, slots, Samples.policy(8, false), NOW);
    }

    @Test
    void a_short_job_on_several_nodes_keeps_the_lease_that_was_asked_for_it_when_a_longer_one_is_asked_after_it() {
        List<Slot> slots = List.of(
                coming(1, 1, 20, NOW.minusSeconds(10)),
                coming(1, 2, 20, NOW.minusSeconds(10)),
                coming(2, 1, 70, NOW.minusSeconds(1)));
        Plan plan = plan(List.of(job(1, 2, 10), job(2, 1, 60)), slots);
        assertThat(plan.asks()).isEmpty();
        assertThat(plan.withdraw()).isEmpty();
    }

    @Test
    void a_short_job_on_one_node_leaves_the_longer_worker_to_the_job_that_needs_it() {
        List<Slot> slots = List.of(coming(1, 1, 70, NOW.minusSeconds(10)), coming(2, 1, 20, NOW.minusSeconds(1)));
        Plan plan = plan(List.of(job(1, 1, 10), job(2, 1, 60)), slots);
        assertThat(plan.asks()).isEmpty();
        assertThat(plan.withdraw()).isEmpty();
    }
}
