package cloister.cvm.fleet;

import static org.assertj.core.api.Assertions.assertThat;

import cloister.broker.GpuKind;
import cloister.broker.LeaseList;
import cloister.broker.LeaseRequest;
import cloister.broker.LeaseState;
import cloister.broker.ReasonCode;
import cloister.broker.WorkerState;
import cloister.cvm.demand.Ask;
import cloister.cvm.demand.Demand;
import cloister.cvm.demand.JobKey;
import cloister.cvm.demand.Need;
import cloister.cvm.demand.Plan;
import cloister.cvm.demand.Policy;
import cloister.cvm.demand.Samples;
import cloister.cvm.demand.Slot;
import cloister.cvm.demand.WorkerKey;
import cloister.cvm.slurm.Node;
import cloister.cvm.slurm.NodeState;
import cloister.cvm.worker.Effect;
import cloister.cvm.worker.Event;
import cloister.cvm.worker.Lives;
import cloister.cvm.worker.Parting;
import cloister.cvm.worker.Worker;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

class FleetTest {
    private static Plan plan(List<Ask> asks, List<Integer> withdraw) {
        return new Plan(asks, withdraw, List.of(), List.of(), Map.of(), List.of(), Set.of(), false);
    }

    private static final JobKey JOB = new JobKey(1, 1000, 0);
    private static final WorkerKey FIRST = new WorkerKey(4, 1);
    private static final WorkerKey SECOND = new WorkerKey(4, 2);

    private final Policy policy = Samples.policy(8, true);
    private final Fleet fleet = new Fleet(Lives.usual());
    private Instant now = Instant.ofEpochSecond(1_800_000_000);

    private static LeaseRequest request(int workers) {
        return new LeaseRequest(1, workers, 2, 1024, GpuKind.NONE, 0, 1024, 30, false);
    }

    private static LeaseList list(long revision, LeaseList.Lease... leases) {
        return new LeaseList(revision, List.of(leases));
    }

    private static LeaseList.Lease lease(int n, LeaseState state, LeaseList.Worker... workers) {
        return new LeaseList.Lease(n, state, ReasonCode.NONE, 1_800_002_000L, null, List.of(workers));
    }

    private static LeaseList.Worker ready(int k) {
        return new LeaseList.Worker(k, WorkerState.READY, "10.77.1." + (15 + k), "key" + k);
    }

    private Node node(WorkerKey key, NodeState state) {
        Need size = new Need(2, 700);
        return new Node(key, state, size, state == NodeState.BUSY ? size : new Need(0, 0), 0);
    }

    private void want(int workers) {
        fleet.follow(plan(List.of(new Ask(request(workers), List.of(JOB))), List.of()), now);
    }

    private void withdraw(int lease) {
        fleet.follow(plan(List.of(), List.of(lease)), now);
    }

    /** A lease of two workers that serve. */
    private void serving() {
        fleet.heardAll(list(1), now);
        fleet.nextLease(4);
        want(2);
        fleet.asked(4, Fleet.Outcome.DONE, now);
        fleet.heardChanges(list(2, lease(4, LeaseState.RUNNING, ready(1), ready(2))), now);
        fleet.happened(FIRST, new Event.Joined(now));
        fleet.happened(SECOND, new Event.Joined(now));
        fleet.seen(List.of(node(FIRST, NodeState.FREE), node(SECOND, NodeState.FREE)), now);
        fleet.acts();
    }

    @Test
    void nothing_is_asked_for_before_the_broker_has_told_what_lives() {
        fleet.nextLease(4);
        want(1);
        assertThat(fleet.acts()).isEmpty();

        fleet.heardAll(list(1), now);
        want(1);
        assertThat(fleet.acts()).containsExactly(new Act.AskLease(4, request(1), List.of(JOB)));
    }

    @Test
    void one_lease_is_asked_for_at_a_time_and_the_next_has_the_next_number() {
        fleet.heardAll(list(1), now);
        fleet.nextLease(4);
        want(1);
        want(1);
        assertThat(fleet.acts()).hasSize(1);

        fleet.asked(4, Fleet.Outcome.DONE, now);
        want(1);
        assertThat(fleet.acts()).containsExactly(new Act.AskLease(5, request(1), List.of(JOB)));
    }

    @Test
    void a_number_is_not_used_again_when_the_list_is_heard_before_the_answer() {
        fleet.heardAll(list(1), now);
        fleet.nextLease(4);
        want(1);
        fleet.heardChanges(list(2, lease(4, LeaseState.QUEUED)), now);
        fleet.asked(4, Fleet.Outcome.DONE, now);
        fleet.acts();
        want(1);

        assertThat(fleet.acts()).containsExactly(new Act.AskLease(5, request(1), List.of(JOB)));
    }

    @Test
    void an_unknown_answer_is_asked_again_under_the_same_number_in_the_same_words() {
        fleet.heardAll(list(1), now);
        fleet.nextLease(4);
        want(1);
        fleet.acts();
        fleet.asked(4, Fleet.Outcome.UNKNOWN, now);
        fleet.tick(now.plusSeconds(4));
        assertThat(fleet.acts()).isEmpty();

        fleet.tick(now.plusSeconds(6));
        assertThat(fleet.acts()).containsExactly(new Act.AskLease(4, request(1), List.of()));
    }

    @Test
    void a_lease_that_was_not_even_asked_for_leaves_nothing_and_its_number_is_free() {
        fleet.heardAll(list(1), now);
        fleet.nextLease(4);
        want(1);
        fleet.asked(4, Fleet.Outcome.MOOT, now);
        fleet.acts();
        assertThat(fleet.slots(policy, now)).isEmpty();

        want(1);
        assertThat(fleet.acts()).containsExactly(new Act.AskLease(4, request(1), List.of(JOB)));
    }

    @Test
    void a_refused_lease_is_forgotten_its_jobs_slow_down_and_the_number_is_asked_for() {
        fleet.heardAll(list(1), now);
        fleet.nextLease(4);
        want(1);
        fleet.acts();
        fleet.asked(4, Fleet.Outcome.REFUSED, now);

        assertThat(fleet.acts())
                .containsExactlyInAnyOrder(
                        new Act.LearnLimits(), new Act.SlowDown(List.of(JOB), ReasonCode.NONE), new Act.ForgetLease(4));
        want(1);
        assertThat(fleet.acts()).isEmpty();
        fleet.nextLease(4);
        want(1);
        assertThat(fleet.acts()).hasSize(1);
    }

    @Test
    void a_lease_withdrawn_while_it_is_asked_for_is_given_back_as_soon_as_it_exists() {
        fleet.heardAll(list(1), now);
        fleet.nextLease(4);
        want(1);
        withdraw(4);
        fleet.acts();
        fleet.asked(4, Fleet.Outcome.DONE, now);

        assertThat(fleet.acts()).containsExactly(new Act.DropLease(4));
        fleet.heardChanges(list(2, lease(4, LeaseState.ENDED)), now);
        assertThat(fleet.acts()).containsExactly(new Act.ForgetLease(4));
        assertThat(fleet.slots(policy, now)).isEmpty();
    }

    @Test
    void giving_back_is_repeated_until_the_broker_says_that_it_ended() {
        fleet.heardAll(list(1), now);
        fleet.nextLease(4);
        want(1);
        fleet.asked(4, Fleet.Outcome.DONE, now);
        withdraw(4);
        fleet.acts();
        fleet.dropped(4, Fleet.Outcome.UNKNOWN, now);
        fleet.tick(now.plusSeconds(6));

        assertThat(fleet.acts()).containsExactly(new Act.DropLease(4));
    }

    @Test
    void workers_are_joined_when_they_are_ready_and_serve_when_slurm_has_them() {
        fleet.heardAll(list(1), now);
        fleet.nextLease(4);
        want(2);
        fleet.asked(4, Fleet.Outcome.DONE, now);
        fleet.acts();
        fleet.heardChanges(list(2, lease(4, LeaseState.STARTING, ready(1))), now);
        assertThat(fleet.acts())
                .singleElement()
                .isInstanceOfSatisfying(
                        Act.ForWorker.class, act -> assertThat(act.effect()).isInstanceOf(Effect.Join.class));
        assertThat(fleet.slots(policy, now)).allMatch(slot -> slot.kind() == Slot.Kind.COMING);

        fleet.happened(FIRST, new Event.Joined(now));
        fleet.seen(List.of(node(FIRST, NodeState.FREE)), now);
        assertThat(fleet.acts()).containsExactly(new Act.ForWorker(FIRST, new Effect.Fence(false)));
        assertThat(fleet.slots(policy, now).getFirst().kind()).isEqualTo(Slot.Kind.IDLE);
    }

    @Test
    void a_lease_goes_back_as_a_whole_when_its_last_worker_has_gone() {
        serving();
        for (WorkerKey key : List.of(FIRST, SECOND)) {
            fleet.happened(key, new Event.Release(now));
            fleet.happened(key, new Event.Seen(NodeState.DRAINED, now));
        }
        fleet.acts();
        fleet.happened(FIRST, new Event.Cleared(now));
        assertThat(fleet.acts()).isEmpty();

        fleet.happened(SECOND, new Event.Cleared(now));
        assertThat(fleet.acts()).contains(new Act.DropLease(4));
    }

    private static LeaseList.Lease bootFailed() {
        return new LeaseList.Lease(4, LeaseState.ENDING, ReasonCode.BOOT_FAILED, null, null, List.of());
    }

    @Test
    void a_lease_whose_machines_did_not_start_is_awaited_with_other_machines() {
        serving();
        fleet.heardChanges(list(3, bootFailed()), now);
        assertThat(fleet.slots(policy, now)).hasSize(2).allMatch(slot -> slot.kind() == Slot.Kind.COMING);
        fleet.acts();
        fleet.heardChanges(list(4, lease(4, LeaseState.STARTING, ready(1), ready(2))), now);
        assertThat(fleet.acts()).isEmpty();

        fleet.happened(FIRST, new Event.Cleared(now));
        assertThat(fleet.acts()).isEmpty();
        fleet.happened(SECOND, new Event.Cleared(now));
        assertThat(fleet.acts())
                .hasSize(2)
                .allSatisfy(act -> assertThat(((Act.ForWorker) act).effect()).isInstanceOf(Effect.Join.class));
    }

    @Test
    void a_lease_that_nobody_needs_is_given_back_before_it_begins_anew() {
        serving();
        fleet.heardChanges(list(3, bootFailed()), now);
        fleet.acts();
        withdraw(4);
        assertThat(fleet.acts()).containsExactly(new Act.DropLease(4));
        fleet.happened(FIRST, new Event.Cleared(now));
        fleet.happened(SECOND, new Event.Cleared(now));
        fleet.heardChanges(list(5, lease(4, LeaseState.ENDED)), now);
        assertThat(fleet.slots(policy, now)).isEmpty();
    }

    @Test
    void a_lease_that_ends_elsewhere_takes_its_workers_along() {
        serving();
        fleet.heardChanges(list(3, lease(4, LeaseState.ENDED)), now);

        assertThat(fleet.acts())
                .contains(
                        new Act.ForWorker(FIRST, new Effect.Clear(Parting.TAKEN)),
                        new Act.ForWorker(SECOND, new Effect.Clear(Parting.TAKEN)));
        fleet.happened(FIRST, new Event.Cleared(now));
        fleet.happened(SECOND, new Event.Cleared(now));
        assertThat(fleet.acts()).containsExactly(new Act.ForgetLease(4));
    }

    @Test
    void a_worker_that_slurm_leaves_out_once_is_not_lost() {
        serving();
        fleet.seen(List.of(), now);
        fleet.seen(List.of(), now);
        assertThat(fleet.life(FIRST)).containsInstanceOf(Worker.Serving.class);

        fleet.seen(List.of(), now);
        assertThat(fleet.life(FIRST)).containsInstanceOf(Worker.Leaving.class);
    }

    @Test
    void after_a_restart_a_worker_with_a_job_is_no_room_to_come_that_could_be_withdrawn() {
        fleet.recall(4, request(2), now);
        fleet.seen(List.of(node(FIRST, NodeState.BUSY), node(SECOND, NodeState.FREE)), now);
        fleet.heardAll(list(9, lease(4, LeaseState.RUNNING, ready(1), ready(2))), now);
        fleet.acts();

        assertThat(fleet.slots(policy, now).stream().map(Slot::kind)).containsExactly(Slot.Kind.BUSY, Slot.Kind.IDLE);
        assertThat(Demand.plan(List.of(), fleet.slots(policy, now), policy, now).withdraw())
                .isEmpty();
    }

    @Test
    void after_a_restart_what_lives_is_adopted_and_what_does_not_is_forgotten() {
        fleet.recall(3, request(1), now);
        fleet.recall(4, request(2), now);
        fleet.heardAll(list(9, lease(4, LeaseState.RUNNING, ready(1), ready(2))), now);

        assertThat(fleet.acts()).contains(new Act.ForgetLease(3));
        assertThat(fleet.life(FIRST)).containsInstanceOf(Worker.Joining.class);
        assertThat(fleet.slots(policy, now)).hasSize(2);
    }

    @Test
    void a_lease_that_only_the_broker_knows_is_given_back() {
        fleet.heardAll(list(9, lease(7, LeaseState.RUNNING, ready(1))), now);

        assertThat(fleet.acts()).containsExactly(new Act.DropLease(7));
    }

    @Test
    void a_node_that_no_lease_knows_is_swept_away_and_not_twice_at_once() {
        WorkerKey stray = new WorkerKey(2, 1);
        fleet.seen(List.of(node(stray, NodeState.FREE)), now);
        assertThat(fleet.acts()).isEmpty();

        fleet.heardAll(list(1), now);
        fleet.seen(List.of(node(stray, NodeState.FREE)), now);
        fleet.seen(List.of(node(stray, NodeState.FREE)), now.plusSeconds(1));
        assertThat(fleet.acts()).containsExactly(new Act.Sweep(stray));
    }

    @Test
    void a_lease_that_never_ran_a_job_slows_its_jobs_down() {
        serving();
        fleet.heardChanges(list(3, lease(4, LeaseState.ENDED)), now);
        assertThat(fleet.acts()).contains(new Act.SlowDown(List.of(JOB), ReasonCode.NONE));
    }

    @Test
    void a_lease_that_ran_a_job_does_not() {
        serving();
        fleet.seen(List.of(node(FIRST, NodeState.BUSY), node(SECOND, NodeState.FREE)), now);
        fleet.heardChanges(list(3, lease(4, LeaseState.ENDED)), now);
        assertThat(fleet.acts()).noneMatch(Act.SlowDown.class::isInstance);
    }

    @Test
    void a_tunnel_that_is_down_is_brought_up_again() {
        serving();
        fleet.carrying(Set.of(SECOND.node()), now);

        assertThat(fleet.acts()).singleElement().isInstanceOfSatisfying(Act.ForWorker.class, act -> {
            assertThat(act.worker()).isEqualTo(FIRST);
            assertThat(act.effect()).isInstanceOf(Effect.Reconnect.class);
        });
    }

    @Test
    void busy_time_is_what_was_seen_between_looks() {
        serving();
        for (int second = 0; second <= 60; second += 10) {
            fleet.seen(
                    List.of(node(FIRST, second < 40 ? NodeState.BUSY : NodeState.FREE), node(SECOND, NodeState.FREE)),
                    now.plusSeconds(second));
        }
        assertThat(fleet.busy(FIRST)).isEqualTo(Duration.ofSeconds(40));
        assertThat(fleet.busy(SECOND)).isZero();
    }

    private List<Act> fences(long endsAt) {
        List<LeaseList.Worker> both = List.of(ready(1), ready(2));
        fleet.heardChanges(
                list(5, new LeaseList.Lease(4, LeaseState.RUNNING, ReasonCode.NONE, endsAt, null, both)), now);
        return fleet.acts();
    }

    private static Act fence(int k, boolean sooner) {
        return new Act.ForWorker(new WorkerKey(4, k), new Effect.Fence(sooner));
    }

    @Test
    void when_the_end_moves_the_fence_moves() {
        serving();
        assertThat(fences(1_800_001_000L)).containsExactly(fence(1, true), fence(2, true));
        assertThat(fences(1_800_009_000L)).containsExactly(fence(1, false), fence(2, false));
        assertThat(fleet.slots(policy, now).getFirst().usableMin()).isEqualTo(30);
        now = now.plusSeconds(8000);
        assertThat(fleet.slots(policy, now).getFirst().usableMin()).isEqualTo(14);
    }
}
