package cloister.cvm;

import static org.assertj.core.api.Assertions.assertThat;

import cloister.broker.LeaseList;
import cloister.broker.LeaseState;
import cloister.broker.Limits;
import cloister.broker.Members;
import cloister.broker.ReasonCode;
import cloister.broker.WorkerState;
import cloister.cvm.demand.Policy;
import cloister.cvm.demand.Samples;
import cloister.cvm.demand.WorkerKey;
import cloister.cvm.fleet.Act;
import cloister.cvm.fleet.Fleet;
import cloister.cvm.slurm.GpuWish;
import cloister.cvm.slurm.PendingJob;
import cloister.cvm.worker.Effect;
import cloister.cvm.worker.Life;
import java.time.Duration;
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
        private final List<Integer> hurried = new ArrayList<>();
        private final List<Members> members = new ArrayList<>();
        private final List<Policy> policies = new ArrayList<>();

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
        public void limits(Policy policy) {
            policies.add(policy);
        }

        @Override
        public void members(Members changed) {
            members.add(changed);
        }

        @Override
        public void watchNodes(boolean worth) {}
    }

    private final Notes notes = new Notes();
    private final Fleet fleet = new Fleet(new Life(new Life.Patience(
            Duration.ofSeconds(3),
            Duration.ofSeconds(60),
            Duration.ofSeconds(45),
            Duration.ofSeconds(5),
            Duration.ofMinutes(3),
            3)));
    private Instant now = Instant.ofEpochSecond(NOW);
    private final Controller controller =
            new Controller(fleet, notes, Samples.policy(8, true), members(1, "alice"), () -> now);

    private static Members members(long epoch, String login) {
        return new Members(epoch, List.of(new Members.Member(3, login, 5001, List.of())));
    }

    private static PendingJob job(int number, int restarts, String reason, long eligibleAt) {
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
                0);
    }

    private void queue(PendingJob... jobs) {
        controller.hear(new News.Queue(List.of(jobs), Optional.of(List.of()), now));
        controller.decide(now);
    }

    private void broker(long revision, LeaseList.Lease... leases) {
        controller.hear(new News.Leases(revision == 1, new LeaseList(revision, List.of(leases))));
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
        broker(
                2,
                new LeaseList.Lease(
                        1,
                        LeaseState.RUNNING,
                        ReasonCode.NONE,
                        NOW + 900,
                        null,
                        List.of(new LeaseList.Worker(1, WorkerState.READY, "10.77.1.16", "key"))));

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
}
