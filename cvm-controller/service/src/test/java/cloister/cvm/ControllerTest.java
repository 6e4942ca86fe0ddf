package cloister.cvm;

import static org.assertj.core.api.Assertions.assertThat;

import cloister.broker.Isolation;
import cloister.broker.LeaseList;
import cloister.broker.LeaseState;
import cloister.broker.Limits;
import cloister.broker.Members;
import cloister.broker.ReasonCode;
import cloister.broker.WorkerState;
import cloister.control.Account;
import cloister.cvm.demand.Feature;
import cloister.cvm.demand.Need;
import cloister.cvm.demand.Policy;
import cloister.cvm.demand.Samples;
import cloister.cvm.demand.WorkerKey;
import cloister.cvm.fleet.Act;
import cloister.cvm.fleet.Fleet;
import cloister.cvm.slurm.GpuWish;
import cloister.cvm.slurm.Node;
import cloister.cvm.slurm.NodeState;
import cloister.cvm.slurm.PendingJob;
import cloister.cvm.worker.Effect;
import cloister.cvm.worker.Event;
import cloister.cvm.worker.Lives;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class ControllerTest {
    private static final long NOW = 1_800_000_000;

    /** Notes what it is told to do, and does nothing. */
    private static final class Notes implements Controller.Outside {
        private final List<Act> acts = new ArrayList<>();
        private final List<Controller.Details> details = new ArrayList<>();
        private final List<Notices.Notice> told = new ArrayList<>();
        private final List<Feature> bound = new ArrayList<>();
        private final List<Integer> hurried = new ArrayList<>();
        private final List<Members> members = new ArrayList<>();
        private final List<Policy> policies = new ArrayList<>();
        private boolean close;

        @Override
        public void act(Act act, Controller.Details with) {
            acts.add(act);
            details.add(with);
        }

        @Override
        public void tell(List<Notices.Notice> notices) {
            told.addAll(notices);
        }

        @Override
        public void hurry(int job) {
            hurried.add(job);
        }

        @Override
        public void bind(List<Feature> features) {
            bound.addAll(features);
        }

        @Override
        public void limits(Policy policy) {
            policies.add(policy);
        }

        @Override
        public void members(Members changed) {
            members.add(changed);
        }

        @Override
        public void watch(boolean nodes, boolean closely) {
            close = closely;
        }
    }

    private final Notes notes = new Notes();
    private final Fleet fleet = new Fleet(Lives.usual());
    private Instant now = Instant.ofEpochSecond(NOW);
    private final Controller controller =
            new Controller(fleet, notes, Samples.policy(8, true), members(1, "alice"), () -> now);

    private static Members members(long epoch, String login) {
        return new Members(epoch, List.of(new Members.Member(3, login, 5001, List.of())));
    }

    private static PendingJob job(int number, int restarts, String reason, long eligibleAt) {
        return job(number, restarts, reason, eligibleAt, PendingJob.Gate.open());
    }

    private static PendingJob job(int number, int restarts, String reason, long eligibleAt, PendingJob.Gate gate) {
        return new PendingJob(
                number,
                NOW - 5,
                restarts,
                5001,
                1,
                1,
                1,
                1,
                0,
                0,
                100,
                0,
                false,
                false,
                10,
                5,
                eligibleAt,
                reason,
                1,
                "",
                GpuWish.none(),
                0,
                gate);
    }

    private void queue(PendingJob... jobs) {
        controller.hear(new News.Queue(List.of(jobs), Optional.of(List.of()), now));
        controller.decide(now);
    }

    private void broker(long revision, LeaseList.Lease... leases) {
        controller.hear(new News.Leases(revision == 1, new LeaseList(revision, List.of(leases))));
    }

    /** A lease whose one worker said hello. */
    private static LeaseList.Lease ready() {
        LeaseList.Worker worker = new LeaseList.Worker(1, WorkerState.READY, "10.77.1.16", "key");
        return new LeaseList.Lease(1, LeaseState.RUNNING, ReasonCode.NONE, NOW + 900, null, List.of(worker));
    }

    @Test
    void a_waiting_job_becomes_a_lease_as_soon_as_both_sides_are_known() {
        fleet.nextLease(1);
        queue(job(1, 0, "Resources", NOW - 5));
        assertThat(notes.acts).isEmpty();

        broker(1);
        queue(job(1, 0, "Resources", NOW - 5));
        assertThat(notes.acts).singleElement().isInstanceOfSatisfying(Act.AskLease.class, ask -> {
            assertThat(ask.lease()).isEqualTo(1);
            assertThat(ask.request().member()).isEqualTo(3);
        });
    }

    @Test
    void a_job_that_may_not_start_yet_asks_for_nothing() {
        fleet.nextLease(1);
        broker(1);
        queue(job(1, 0, "BeginTime", NOW + 60), job(2, 0, "Dependency", 0));

        assertThat(notes.acts).isEmpty();
    }

    @Test
    void a_job_cancelled_while_its_machine_boots_gives_its_lease_back() {
        fleet.nextLease(1);
        broker(1);
        queue(job(1, 0, "Resources", NOW - 5));
        controller.hear(new News.Asked(1, Fleet.Outcome.DONE));
        queue();

        assertThat(notes.acts).contains(new Act.DropLease(1));
    }

    @Test
    void a_requeued_job_is_spared_its_delay_once() {
        PendingJob requeued = job(1, 1, "BeginTime", NOW + 30);
        queue(requeued);
        queue(requeued);
        assertThat(notes.hurried).containsExactly(1);

        queue();
        queue(requeued);
        assertThat(notes.hurried).containsExactly(1, 1);
    }

    @Test
    void a_delay_that_slurm_sets_later_is_taken_away_too_and_the_owners_wish_is_not() {
        queue(job(1, 1, "BeginTime", NOW + 30));
        queue(job(1, 1, "BeginTime", NOW - 1));
        assertThat(notes.hurried).containsExactly(1);

        queue(job(1, 1, "BeginTime", NOW + 121));
        assertThat(notes.hurried).containsExactly(1, 1);

        queue(job(1, 1, "BeginTime", NOW + 3600));
        assertThat(notes.hurried).containsExactly(1, 1);
    }

    @Test
    void a_ready_worker_is_joined_with_its_shape_and_the_members() {
        fleet.nextLease(1);
        broker(1);
        queue(job(1, 0, "Resources", NOW - 5));
        controller.hear(new News.Asked(1, Fleet.Outcome.DONE));
        broker(2, ready());

        assertThat(notes.acts.getLast()).isInstanceOfSatisfying(Act.ForWorker.class, act -> {
            assertThat(act.worker()).isEqualTo(new WorkerKey(1, 1));
            assertThat(act.effect()).isInstanceOf(Effect.Join.class);
        });
        Controller.Details details = notes.details.getLast();
        assertThat(details.accounts()).extracting("login").containsExactly("alice");
        assertThat(details.about().orElseThrow().endsAt()).contains(Instant.ofEpochSecond(NOW + 900));
        assertThat(details.guest().orElseThrow().address()).isEqualTo("10.77.1.16");
    }

    @Test
    void older_members_are_not_taken() {
        controller.hear(new News.NewMembers(members(2, "bob")));
        controller.hear(new News.NewMembers(members(1, "alice")));

        assertThat(notes.members).containsExactly(members(2, "bob"));
    }

    @Test
    void only_other_rules_are_a_change_of_limits() {
        Limits same = Samples.limits(8, true);
        controller.hear(new News.NewLimits(same));
        assertThat(notes.policies).isEmpty();

        controller.hear(new News.NewLimits(Samples.limits(4, true)));
        assertThat(notes.policies).hasSize(1);
    }

    private static PendingJob gated(int restarts, String reason, int lease) {
        return job(1, restarts, reason, NOW - 5, new PendingJob.Gate(lease, lease == 0, 0, List.of()));
    }

    private void look(Controller each, List<Node> nodes, PendingJob... jobs) {
        now = now.plusSeconds(1);
        each.hear(new News.Queue(List.of(jobs), Optional.of(nodes), now));
        each.decide(now);
    }

    @Test
    void a_job_with_workers_of_its_own_is_tied_to_them_when_they_have_come_and_they_go_when_it_is_over() {
        Controller each =
                new Controller(fleet, notes, Samples.policy(8, Isolation.JOB, 0), members(1, "alice"), () -> now);
        fleet.nextLease(1);
        WorkerKey worker = new WorkerKey(1, 1);
        List<Node> free = List.of(new Node(worker, NodeState.FREE, new Need(1, 400), new Need(0, 0), 0));
        PendingJob waits = gated(0, "Resources", 0);
        each.hear(new News.Leases(true, new LeaseList(1, List.of())));
        look(each, List.of(), waits);
        each.hear(new News.Asked(1, Fleet.Outcome.DONE));
        each.hear(new News.Leases(false, new LeaseList(2, List.of(ready()))));
        assertThat(notes.details.getLast().about().orElseThrow().owner()).contains(new Account("alice", 5001));
        each.hear(new News.Happened(worker, new Event.Joined(now)));
        assertThat(notes.bound).isEmpty();

        look(each, free, waits);
        assertThat(notes.bound).containsExactly(new Feature("1", "lease-1"));
        look(each, free, waits);
        assertThat(notes.bound).as("Slurm is being told").hasSize(1);
        each.hear(new News.Bound(now));
        each.hear(new News.Queue(List.of(waits), Optional.of(free), now));
        each.decide(now);
        assertThat(notes.bound).as("what was seen before is of the past").hasSize(1);
        look(each, free, gated(0, "Resources", 1));
        assertThat(notes.bound).hasSize(1);
        assertThat(notes.acts).doesNotContain(new Act.ForWorker(worker, new Effect.Drain()));

        look(each, free);
        assertThat(notes.acts).contains(new Act.ForWorker(worker, new Effect.Drain()));
    }

    @Test
    void a_requeued_job_is_untied_from_its_former_workers_before_it_is_hurried() {
        Controller each =
                new Controller(fleet, notes, Samples.policy(8, Isolation.JOB, 0), members(1, "alice"), () -> now);
        each.hear(new News.Leases(true, new LeaseList(1, List.of())));
        look(each, List.of(), gated(1, "BeginTime", 1));
        assertThat(notes.bound).containsExactly(new Feature("1", "unassigned"));
        assertThat(notes.hurried).isEmpty();

        each.hear(new News.Bound(now));
        look(each, List.of(), gated(1, "BeginTime", 0));
        assertThat(notes.bound).hasSize(1);
        assertThat(notes.hurried).containsExactly(1);
    }

    private boolean closely() {
        controller.pace();
        return notes.close;
    }

    @Test
    void the_local_slurm_is_watched_closely_while_something_is_under_way_and_rarely_while_jobs_come_and_go() {
        WorkerKey worker = new WorkerKey(1, 1);
        List<Node> busy = List.of(new Node(worker, NodeState.BUSY, new Need(1, 400), new Need(1, 400), 0));
        PendingJob waits = job(1, 0, "Resources", NOW - 5);
        fleet.nextLease(1);
        assertThat(closely()).as("nothing was seen yet").isTrue();
        broker(1);
        look(controller, List.of(), waits);
        assertThat(closely()).isTrue();
        controller.hear(new News.Asked(1, Fleet.Outcome.DONE));
        look(controller, List.of(), waits);
        assertThat(closely()).isTrue();
        look(controller, List.of(), waits);
        assertThat(closely()).as("its machine boots").isFalse();

        broker(2, ready());
        assertThat(closely()).isTrue();
        controller.hear(new News.Happened(worker, new Event.Joined(now)));
        assertThat(closely()).isTrue();
        look(controller, List.of(), waits);
        assertThat(closely()).as("its node is awaited").isTrue();
        look(controller, busy);
        assertThat(closely()).as("its job runs").isFalse();
        broker(3);
        assertThat(closely()).as("the broker has nothing new").isFalse();
    }

    @Test
    void another_word_of_who_shares_a_worker_is_not_followed() {
        controller.hear(new News.NewLimits(Samples.policy(4, Isolation.USER, 0).limits()));

        assertThat(notes.policies).isEmpty();
    }
}
