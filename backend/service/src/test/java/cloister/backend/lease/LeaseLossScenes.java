package cloister.backend.lease;

import static cloister.backend.lease.LeaseScene.ENDING;
import static cloister.backend.lease.LeaseScene.HOLD;
import static cloister.backend.lease.LeaseScene.KEY;
import static cloister.backend.lease.LeaseScene.LEAVING_ONE;
import static cloister.backend.lease.LeaseScene.LEAVING_TWO;
import static cloister.backend.lease.LeaseScene.READY_ONE;
import static cloister.backend.lease.LeaseScene.READY_TWO;
import static cloister.backend.lease.LeaseScene.RUNNING;
import static cloister.backend.lease.LeaseScene.STRANDED_ONE;
import static cloister.backend.lease.LeaseScene.STRANDED_TWO;
import static cloister.backend.lease.LeaseScene.T;
import static cloister.backend.lease.LeaseScene.abandoning;
import static cloister.backend.lease.LeaseScene.seen;
import static cloister.backend.lease.LeaseScene.tick;
import static cloister.backend.lease.LeaseScene.without;
import static org.assertj.core.api.Assertions.assertThat;

import cloister.backend.lease.Lease.Abandoning;
import cloister.backend.lease.Lease.Clearing;
import cloister.backend.lease.Lease.Closing;
import cloister.backend.lease.Lease.Effect;
import cloister.backend.lease.Lease.Ended;
import cloister.backend.lease.Lease.Event;
import cloister.backend.lease.Lease.Running;
import cloister.backend.lease.Lease.Starting;
import cloister.backend.lease.Lease.Step;
import cloister.bridge.Placeholder;
import cloister.bridge.PlaceholderState;
import cloister.bridge.Share;
import cloister.broker.LeaseState;
import cloister.broker.ReasonCode;
import cloister.broker.WorkerState;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** A host of a lease is lost. */
abstract class LeaseLossScenes extends LeaseQueueScenes {
    private static final Running LESS = new Running(HOLD, List.of(READY_ONE, STRANDED_TWO), ReasonCode.HOST_LOST);
    private static final Verdict LOST = new Verdict.Finish(ReasonCode.HOST_LOST);

    private static Abandoning abandoned(Step step) {
        assertThat(step.next()).isInstanceOf(Abandoning.class);
        return (Abandoning) step.next();
    }

    @Test
    void a_lease_goes_on_without_the_host_that_is_lost_and_its_project_is_told() {
        Step step = on(RUNNING, new Event.HostLost(T, "b"));
        assertThat(step.next()).isEqualTo(LESS);
        assertThat(step.effects()).as("as soon as it answers").containsExactly(new Effect.Destroy(LEAVING_TWO));
        assertThat(Views.of(1, LESS).state()).isEqualTo(LeaseState.RUNNING);
        assertThat(Views.of(1, LESS).reason()).isEqualTo(ReasonCode.HOST_LOST);
        assertThat(Views.of(1, LESS).workers())
                .extracting(worker -> worker.state())
                .containsExactly(WorkerState.READY, WorkerState.GONE);
        assertThat(on(LESS, new Event.HostLost(T, "b")).next()).as("once").isEqualTo(LESS);
        assertThat(on(RUNNING, new Event.HostLost(T, "c")).next())
                .as("not ours")
                .isEqualTo(RUNNING);
        assertThat(on(LESS, tick(T)).effects()).as("again").containsExactly(new Effect.Destroy(LEAVING_TWO));
    }

    @Test
    void the_placeholder_gives_the_lost_host_back_at_once_and_what_slurm_has_taken_is_lost_too() {
        Event.Seen both = with(new Share("a", 1), new Share("b", 1));
        assertThat(on(LESS, both).effects()).containsExactly(new Effect.Shrink(HOLD, Set.of("a")));
        assertThat(on(RUNNING, both).effects()).isEmpty();
        assertThat(on(RUNNING, without(T, "b")).next()).isEqualTo(LESS);
        assertThat(on(LESS, without(T, "b"))).isEqualTo(new Step(LESS, List.of()));
        Running first = new Running(HOLD, List.of(STRANDED_ONE, READY_TWO), ReasonCode.HOST_LOST);
        assertThat(on(first, both).effects())
                .as("the script's host can't be given back")
                .isEmpty();
    }

    private static Event.Seen with(Share... shares) {
        Placeholder one = without(T, "b").placeholder();
        return new Event.Seen(
                T,
                new Placeholder(
                        one.job(),
                        one.submitted(),
                        0,
                        one.mark(),
                        one.state(),
                        one.reason(),
                        Optional.empty(),
                        List.of(shares),
                        one.limit(),
                        Optional.empty()));
    }

    @Test
    void where_the_site_ends_such_leases_the_other_workers_are_given_back() {
        for (Event loss : List.of(new Event.HostLost(T, "b"), without(T, "b"))) {
            Step step = Lease.on(RUNNING, loss, ENDING);
            assertThat(clearing(step).verdict()).isEqualTo(LOST);
            assertThat(clearing(step).seats()).containsExactly(LEAVING_ONE, STRANDED_TWO);
            assertThat(step.effects())
                    .containsExactlyInAnyOrder(new Effect.Destroy(LEAVING_ONE), new Effect.Destroy(LEAVING_TWO));
        }
        Running given = new Running(HOLD, List.of(READY_ONE, LEAVING_TWO), ReasonCode.NONE);
        assertThat(Lease.on(given, new Event.HostLost(T, "b"), ENDING).next())
                .as("nobody wanted what was there")
                .isEqualTo(new Running(HOLD, List.of(READY_ONE, STRANDED_TWO), ReasonCode.NONE));
    }

    @Test
    void a_lease_that_loses_its_last_worker_ends_under_either_policy() {
        Running alone = new Running(HOLD, List.of(READY_ONE, new Seat.Gone(2)), ReasonCode.NONE);
        Step step = on(alone, new Event.HostLost(T, "a"));
        assertThat(abandoned(step).verdict()).isEqualTo(LOST);
        assertThat(step.effects())
                .containsExactly(new Effect.Destroy(LEAVING_ONE), new Effect.Refuse(HOLD), new Effect.End(7));
        assertThat(Lease.on(alone, new Event.HostLost(T, "a"), ENDING)).isEqualTo(step);
        assertThat(abandoned(on(alone, without(T, "a"))).verdict()).isEqualTo(LOST);
    }

    @Test
    void the_other_hosts_are_not_kept_for_a_lost_one() {
        Clearing clearing = clearing(on(LESS, new Event.ReleaseAsked(T, ReasonCode.RELEASED)));
        Step step = on(clearing, new Event.Destroyed(T, 1));
        assertThat(abandoned(step).seats()).containsExactly(new Seat.Gone(1), STRANDED_TWO);
        assertThat(step.effects())
                .containsExactly(new Effect.Destroy(LEAVING_TWO), new Effect.Refuse(HOLD), new Effect.End(7));
        assertThat(Views.of(1, step.next()).state()).isEqualTo(LeaseState.ENDING);
        assertThat(Views.of(1, step.next()).reason()).isEqualTo(ReasonCode.RELEASED);

        Clearing dying = clearing(on(RUNNING, new Event.ReleaseAsked(T, ReasonCode.RELEASED)));
        Clearing half = clearing(on(dying, new Event.Destroyed(T, 1)));
        assertThat(on(half, seen(PlaceholderState.RUNNING)).next())
                .as("Slurm still has it")
                .isEqualTo(half);
        assertThat(abandoned(on(half, without(T, "b"))).seats()).containsExactly(new Seat.Gone(1), STRANDED_TWO);
        assertThat(clearing(on(dying, without(T, "b"))).seats()).containsExactly(LEAVING_ONE, STRANDED_TWO);
        Clearing waits = new Clearing(HOLD, true, List.of(new Seat.Gone(1), STRANDED_TWO), LOST, T);
        assertThat(abandoned(on(waits, tick(T))).hold()).isEqualTo(HOLD);
    }

    @Test
    void its_placeholder_is_ended_and_cancelled_where_that_is_not_heard() {
        Abandoning state = abandoning(Optional.empty());
        assertThat(on(state, seen(PlaceholderState.RUNNING)).effects()).containsExactly(new Effect.End(7));
        assertThat(on(state, seen(PlaceholderState.RUNNING, T.plusSeconds(20))).effects())
                .containsExactly(new Effect.Cancel(7));
        assertThat(on(state, seen(PlaceholderState.PENDING)).effects())
                .containsExactly(new Effect.Refuse(HOLD), new Effect.Cancel(7));
        assertThat(on(state, seen(PlaceholderState.COMPLETING))).isEqualTo(new Step(state, List.of()));
        Abandoning over = abandoned(on(state, seen(PlaceholderState.CANCELLED)));
        assertThat(over.end()).contains(PlaceholderState.CANCELLED);
        assertThat(Views.attempt(over)).as("Slurm is asked no more").isEmpty();
        assertThat(Views.attempt(state)).hasValue(1);
        assertThat(abandoned(on(state, new Event.Absent(T))).end()).contains(PlaceholderState.LOST);
    }

    @Test
    void a_lost_host_that_comes_back_loses_its_machine_before_the_lease_is_over() {
        Abandoning over = abandoning(Optional.of(PlaceholderState.COMPLETED));
        assertThat(on(over, tick(T))).isEqualTo(new Step(over, List.of(new Effect.Destroy(LEAVING_ONE))));
        Step gone = on(over, new Event.Destroyed(T, 1));
        assertThat(gone).isEqualTo(new Step(new Ended(ReasonCode.HOST_LOST), List.of(new Effect.Forget(HOLD))));

        Step early = on(abandoning(Optional.empty()), new Event.Destroyed(T, 1));
        assertThat(early.next()).isInstanceOf(Closing.class);
        assertThat(on(early.next(), seen(PlaceholderState.COMPLETED)).next())
                .isEqualTo(new Ended(ReasonCode.HOST_LOST));
        Running back = (Running) on(LESS, new Event.Destroyed(T, 2)).next();
        assertThat(back.seats()).containsExactly(READY_ONE, new Seat.Gone(2));
    }

    @Test
    void one_that_never_comes_back_is_given_up_after_the_machine_s_own_end_and_not_while_slurm_runs() {
        Instant late = T.plusSeconds(661);
        Abandoning over = abandoning(Optional.of(PlaceholderState.COMPLETED));
        assertThat(on(over, tick(late)).next()).isEqualTo(new Ended(ReasonCode.HOST_LOST));
        assertThat(on(abandoning(Optional.empty()), tick(late)).next()).isInstanceOf(Abandoning.class);
        Abandoning cluster = new Abandoning(
                HOLD,
                List.of(STRANDED_ONE),
                new Verdict.AsTheClusterSays(),
                T,
                T,
                Optional.of(PlaceholderState.TIMEOUT));
        assertThat(on(cluster, tick(late)).next()).isEqualTo(new Ended(ReasonCode.TERM_REACHED));
    }

    @Test
    void what_a_lost_machine_says_later_is_not_heard() {
        assertThat(on(LESS, new Event.Heard(T, 2, KEY)).next()).isEqualTo(LESS);
        assertThat(on(LESS, new Event.Lost(T, 2)).next()).isEqualTo(LESS);
        assertThat(on(LESS, new Event.WorkerReleased(T, 2)).next()).isEqualTo(LESS);
        assertThat(abandoned(on(LESS, new Event.HostLost(T, "a"))).seats()).containsExactly(STRANDED_ONE, STRANDED_TWO);
    }

    @Test
    void a_lease_whose_only_other_worker_is_gone_is_cleared() {
        Running leaving = new Running(HOLD, List.of(LEAVING_ONE, LEAVING_TWO), ReasonCode.NONE);
        Step step = on(leaving, new Event.Destroyed(T, 2));
        assertThat(clearing(step).seats()).containsExactly(LEAVING_ONE, new Seat.Gone(2));
        Starting booting = new Starting(HOLD, T.plusSeconds(60), List.of(LEAVING_ONE, LEAVING_TWO));
        assertThat(clearing(on(booting, new Event.Destroyed(T, 2))).seats())
                .containsExactly(LEAVING_ONE, new Seat.Gone(2));
    }

    @Test
    void a_lease_as_it_is_stored_comes_back_with_its_lost_machines() {
        for (Lease lease :
                List.of(LESS, abandoning(Optional.empty()), abandoning(Optional.of(PlaceholderState.LOST)))) {
            assertThat(StateJson.read(StateJson.write(lease))).isEqualTo(lease);
        }
    }
}
